//! Members agree for themselves, over HTTP: dated, to the bylaws by their digest, and nobody for them.

use super::bank::why;
use super::{Coop, Outcome, is};
use anyhow::ensure;
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

impl Coop {
    async fn bylaws(&self, by: &Client, digit: &str) -> anyhow::Result<Answer> {
        let new =
            json!({"title": "Bylaws", "url": format!("https://press.example/{digit}"), "sha256": digit.repeat(64)});
        by.post(&self.at("/bylaws"), &new).await
    }

    /// What a member says of the bylaws whose digest is made of this digit.
    pub(super) async fn says(&self, by: &Client, of: usize, consents: bool, digit: &str) -> anyhow::Result<Answer> {
        let path = format!("/v1/members/{}:consent", text(&self.members[of], "/id")?);
        by.post(&path, &json!({"consents": consents, "bylaws_sha256": digit.repeat(64)})).await
    }

    /// All members agree, under new bylaws.
    pub(super) async fn all_agree(&self) -> Outcome {
        self.bylaws(&self.host.treasurer, "a").await?.ok()?;
        for (of, name) in ["ada", "bea", "cem", "dora", "eli", "fay"].into_iter().enumerate() {
            let member = self.host.app.sign_in(&format!("{name}@press.example")).await?;
            self.says(&member, of, true, "a").await?.ok()?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_member_agrees_itself_to_the_bylaws_that_hold_and_what_was_issued_stays() -> Outcome {
    let coop = Coop::open().await?;
    assert_eq!((&coop.members[0]["consent_asked"], &coop.members[0]["consents"]), (&json!(true), &json!(false)));
    assert_eq!(why(&coop.says(&coop.ada, 0, true, "a").await?), "409 bylaws-missing");
    is(&coop.bylaws(&coop.ada, "a").await?, 403);
    let wrong = json!({"title": "Bylaws", "url": "javascript:alert(1)", "sha256": "a".repeat(64)});
    assert_eq!(why(&coop.host.treasurer.post(&coop.at("/bylaws"), &wrong).await?), "422 invalid/url");
    let first = coop.bylaws(&coop.host.treasurer, "a").await?.ok()?;
    assert_eq!(coop.bylaws(&coop.host.treasurer, "a").await?.ok()?, first, "the same bylaws are the same version");
    is(&coop.says(&coop.bea, 0, true, "a").await?, 403);
    is(&coop.says(&coop.host.treasurer, 0, true, "a").await?, 403);
    assert_eq!(why(&coop.says(&coop.ada, 0, true, "b").await?), "409 bylaws-differ");

    coop.record("sale", "100.00", "2026-06-01").await?.ok()?;
    coop.work(2026).await?;
    let agreed = coop.says(&coop.ada, 0, true, "a").await?.ok()?;
    assert_eq!((&agreed["consents"], &agreed["number"]), (&json!(true), &json!(1)));
    assert_eq!(coop.says(&coop.ada, 0, true, "a").await?.ok()?, agreed);
    coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    coop.bylaws(&coop.host.treasurer, "b").await?.ok()?;
    assert_eq!(why(&coop.says(&coop.ada, 0, false, "a").await?), "409 bylaws-differ");
    coop.says(&coop.ada, 0, false, "b").await?.ok()?;
    let statement = coop.ada.all(&coop.at("/statements")).await?;
    assert_eq!(statement[0]["consents"], json!(true), "what was issued stays as it was said then");
    let of_bea = coop.bea.all(&coop.at("/statements")).await?;
    assert_eq!(of_bea[0]["consents"], json!(false), "nobody agreed for Bea");

    let said = format!("/v1/members/{}/consents", text(&coop.members[0], "/id")?);
    let all = coop.ada.all(&said).await?;
    let said_so: Vec<_> = all.iter().map(|it| (&it["version"], &it["consents"], &it["bylaws"])).collect();
    assert_eq!(said_so, [(&json!(2), &json!(false), &json!(2)), (&json!(1), &json!(true), &json!(1))]);
    is(&coop.bea.get(&said).await?, 404);
    let versions: Vec<Value> = coop.bea.all(&coop.at("/bylaws")).await?;
    ensure!(versions.len() == 2 && versions[1] == first, "{versions:?}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_agrees_for_nobody() -> Outcome {
    let coop = Coop::open().await?;
    coop.bylaws(&coop.host.treasurer, "a").await?.ok()?;
    coop.says(&coop.ada, 0, true, "a").await?.ok()?;
    let service = coop.host.app.connection().await?;
    let says = |member: i32, by: i32, version: i32, bylaws: i32| {
        format!(
            "INSERT INTO member_consent (book_id, member_id, version, consents, bylaws_version, said_by, said_at)
             SELECT m.book_id, m.id, {version}, true, {bylaws}, (SELECT person FROM member WHERE number = {by}), now()
               FROM member m WHERE number = {member}"
        )
    };
    for (statement, state) in [
        (says(2, 1, 1, 1), "23514"),
        (says(2, 2, 2, 1), "23514"),
        (says(1, 1, 1, 1), "23514"),
        (says(2, 2, 1, 2), "23514"),
        ("UPDATE member SET consents = true WHERE number = 2".to_owned(), "23514"),
        ("UPDATE member SET consents = false WHERE number = 1".to_owned(), "23514"),
        ("UPDATE member SET asked = false".to_owned(), "42501"),
        ("UPDATE member_consent SET consents = false".to_owned(), "42501"),
        ("DELETE FROM member_consent".to_owned(), "42501"),
        ("UPDATE bylaws SET title = 'x'".to_owned(), "42501"),
        (
            "INSERT INTO bylaws SELECT published_by, published_at, book_id, 3, title, url, sha256 FROM bylaws".to_owned(),
            "23514",
        ),
        (
            "INSERT INTO member (id, person, created_at, book_id, number, joined_on, consents, \"group\")
             SELECT gen_random_uuid(), person, created_at, book_id, 99, joined_on, true, \"group\" FROM member WHERE number = 3"
                .to_owned(),
            "23514",
        ),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
    }
    service.batch_execute(&says(2, 2, 1, 1)).await?;
    service.batch_execute("UPDATE member SET consents = true WHERE number = 2").await?;
    coop.host.app.finish().await
}

//! How people come in: requests to join and invitations that are declined, and what no SQL of the service undoes.

use crate::support::{ground, waits};
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::id::{JoinRequestId, OrganisationId, PersonId};
use ledger::parties::operations::join_requests::JoinNews;
use ledger::parties::operations::{invitations, join_requests, sign_in};
use ledger::parties::rules::invitation::InvitationState;
use ledger::parties::rules::join_request::{JoinRequest, JoinRequestState, LIFETIME, OPEN_MAX};
use ledger::parties::rules::role::{OrganisationKind, Role};
use ledger::parties::store::{invitations as invitation_rows, organisations, people};
use ledger::testing::{Ground, address, refusal};
use tokio_postgres::Client;

async fn ask(ground: &Ground, of: OrganisationId, by: PersonId) -> Result<JoinRequest, Error> {
    let wall = ground.wall;
    ground.run(async |tx| join_requests::ask(tx, of, by, "I weld", wall).await).await
}

async fn accept(ground: &Ground, id: JoinRequestId, by: PersonId, wall: Timestamp) -> Result<JoinRequest, Error> {
    ground.run(async |tx| join_requests::accept(tx, id, by, Role::Member, wall).await).await
}

async fn decline(ground: &Ground, id: JoinRequestId, by: PersonId, wall: Timestamp) -> Result<JoinRequest, Error> {
    ground.run(async |tx| join_requests::decline(tx, id, by, "It is full", wall).await).await
}

/// The code of the error of some SQL of the service.
async fn refused(service: &Client, sql: &str) -> String {
    let error = service.batch_execute(sql).await.expect_err(sql);
    error.code().map(|code| code.code().to_owned()).unwrap_or_default()
}

/// As if all that is asked had been asked so many hours before.
async fn pass(ground: &Ground, hours: i64) {
    let sql = format!(
        "SET session_replication_role = replica;
         UPDATE join_request SET asked_at = asked_at - interval '{hours} hours', until = until - interval '{hours} hours'"
    );
    ground.database_owner().await.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn a_request_waits_for_owners_and_is_answered_once_in_time() {
    let ground = ground().await;
    let (ada, bea, wall) = (ground.stranger("ada").await, ground.stranger("bea").await, ground.wall);
    let team = ground.team("Workshop", "owner-of-it").await;
    assert!(matches!(ask(&ground, ground.book.organisation, ada).await, Err(Error::NotFound("organisation"))));
    assert!(matches!(ask(&ground, OrganisationId::generate(), ada).await, Err(Error::NotFound("organisation"))));
    assert_eq!(refusal(ask(&ground, team.id, team.member).await), "already-belongs");
    let nothing = ground.run(async |tx| join_requests::ask(tx, team.id, ada, " ", wall).await).await;
    assert!(matches!(nothing, Err(Error::Invalid { .. })));

    let asked = ask(&ground, team.id, ada).await.unwrap();
    assert_eq!((asked.state(wall), asked.until), (JoinRequestState::Open, wall + LIFETIME));
    assert_eq!(waits(&ground, team.member).await, ["answer_join_request"]);
    assert_eq!((waits(&ground, ada).await.len(), waits(&ground, ground.owner).await.len()), (0, 0));
    assert_eq!(refusal(ask(&ground, team.id, ada).await), "join-request-open");
    let theft = ground.run(async |tx| join_requests::withdraw(tx, asked.id, bea, wall).await).await;
    assert!(matches!(theft, Err(Error::NotFound("join request"))));

    let accepted = accept(&ground, asked.id, team.member, wall).await.unwrap();
    assert_eq!(accepted.state(wall), JoinRequestState::Accepted);
    let client = ground.client().await;
    assert_eq!(organisations::list_roles(&client, team.id, ada).await.unwrap(), [Role::Member]);
    assert_eq!(waits(&ground, team.member).await.len(), 0);
    assert_eq!(refusal(decline(&ground, asked.id, team.member, wall).await), "join-request-ended");
    assert_eq!(refusal(ask(&ground, team.id, ada).await), "already-belongs");

    // Who is declined or takes it back may ask anew.
    let first = ask(&ground, team.id, bea).await.unwrap().id;
    let declined = decline(&ground, first, team.member, wall).await.unwrap();
    assert_eq!(declined.state(wall), JoinRequestState::Declined);
    let second = ask(&ground, team.id, bea).await.unwrap().id;
    let withdrawn = ground.run(async |tx| join_requests::withdraw(tx, second, bea, wall).await).await.unwrap();
    assert_eq!(withdrawn.state(wall), JoinRequestState::Withdrawn);
    assert_eq!(refusal(accept(&ground, second, team.member, wall).await), "join-request-ended");
    assert!(organisations::list_roles(&client, team.id, bea).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_nobody_answers_lapses_and_may_be_asked_anew_and_few_are_open_at_once() {
    let ground = ground().await;
    let (ada, wall) = (ground.stranger("ada").await, ground.wall);
    let team = ground.team("Workshop", "owner-of-it").await;
    let asked = ask(&ground, team.id, ada).await.unwrap();
    assert_eq!(refusal(accept(&ground, asked.id, team.member, asked.until).await), "join-request-ended");
    pass(&ground, 14 * 24).await;
    assert_eq!(waits(&ground, team.member).await.len(), 0, "it has lapsed, though nobody wrote it down");
    assert_eq!(refusal(accept(&ground, asked.id, team.member, wall).await), "join-request-ended");
    let again = ask(&ground, team.id, ada).await.unwrap();
    let lapsed = ledger::parties::store::join_requests::find(&ground.client().await, asked.id).await.unwrap().unwrap();
    assert_eq!((lapsed.state(wall), lapsed.ended.map(|(_, at)| at)), (JoinRequestState::Lapsed, Some(lapsed.until)));

    for nth in 1..OPEN_MAX {
        let other = ground.organisation(&format!("Team {nth}"), OrganisationKind::Cooperative, team.member).await;
        ask(&ground, other, ada).await.unwrap();
    }
    let other = ground.organisation("One more", OrganisationKind::ProjectTeam, team.member).await;
    assert_eq!(refusal(ask(&ground, other, ada).await), "too-many-join-requests");
    ground.run(async |tx| join_requests::withdraw(tx, again.id, ada, wall).await).await.unwrap();
    ask(&ground, other, ada).await.unwrap();
}

#[tokio::test]
async fn owners_are_told_who_asks_and_who_asked_of_a_decline_or_a_lapse_while_that_is_so() {
    let ground = ground().await;
    let (ada, wall) = (ground.stranger("ada").await, ground.wall);
    let team = ground.team("Workshop", "owner-of-it").await;
    let client = ground.client().await;
    let told_at = async |id, wall| {
        let mut told = Vec::new();
        for news in [JoinNews::Asked, JoinNews::Answered, JoinNews::Lapsed] {
            let notice = join_requests::notice(&client, id, news, wall).await.unwrap();
            told.push(notice.map(|notice| notice.recipients));
        }
        told
    };
    let asked = ask(&ground, team.id, ada).await.unwrap().id;
    let owner = address("owner-of-it").as_str().to_owned();
    let person = address("ada").as_str().to_owned();
    assert_eq!(told_at(asked, wall).await, [Some(vec![owner]), None, None]);
    assert_eq!(told_at(asked, wall + LIFETIME).await, [None, None, Some(vec![person.clone()])]);
    decline(&ground, asked, team.member, wall).await.unwrap();
    for at in [wall, wall + LIFETIME] {
        assert_eq!(told_at(asked, at).await, [None, Some(vec![person.clone()]), None]);
    }
    // When it was asked, when it was declined, and when it would have lapsed.
    let jobs = "SELECT count(*), count(*) FILTER (WHERE due_at >= $1) FROM job WHERE kind = 'send_join_notice'";
    let row = client.query_one(jobs, &[&(wall + LIFETIME)]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (3, 1));
    let asked = ask(&ground, team.id, ada).await.unwrap().id;
    accept(&ground, asked, team.member, wall).await.unwrap();
    assert_eq!(told_at(asked, wall + LIFETIME).await, [None, None, None], "the role has its own mail");
}

#[tokio::test]
async fn a_link_makes_somebody_of_an_address_when_it_is_opened_and_of_nobody_before() {
    let ground = ground().await;
    let (email, until) = ("nora@new.example", ground.wall + sign_in::LINK_LIFETIME);
    let client = ground.client().await;
    let known = async || people::find_by_email(&client, email).await.unwrap().is_some();
    let open = async |link: &str, sign_up| {
        let clock = (until, ground.wall);
        ground.run(async |tx| sign_in::open_link(tx, email, link, sign_up, clock).await).await.unwrap()
    };
    assert!(!open("nobody asked to sign up", false).await);
    for n in 0..5 {
        assert!(open(&format!("link {n}"), true).await && !known().await);
    }
    assert!(!open("one too many", true).await, "five links are open for one address, of whomever it is");
    let use_link = async |link: &str, refresh: &str| {
        ground.run(async |tx| sign_in::confirm_sign_in(tx, link, refresh, ground.wall).await).await
    };
    let (nora, _) = use_link("link 0", "refresh 0").await.unwrap();
    assert!(known().await);
    assert_eq!(refusal(use_link("link 0", "again").await), "sign-in-link-invalid");
    // The other links are of the same person, whom the second makes not once more.
    assert_eq!(use_link("link 1", "refresh 1").await.unwrap().0, nora);
    let service = migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap();
    for (columns, values) in
        [("", ""), (", person, email", ", '{nora}', 'nora@new.example'"), (", email", ", 'Nora@x'")]
    {
        let values = values.replace("{nora}", &nora.0.to_string());
        let sql =
            format!("INSERT INTO sign_in_token (digest, expires_at{columns}) VALUES (sha256('x'), now(){values})");
        assert_eq!(refused(&service, &sql).await, "23514", "{sql}");
    }
}

#[tokio::test]
async fn no_sql_of_the_service_answers_for_an_owner_or_makes_unsaid_what_was_said() {
    let ground = ground().await;
    let (ada, bea, wall) = (ground.stranger("ada").await, ground.stranger("bea").await, ground.wall);
    let team = ground.team("Workshop", "owner-of-it").await;
    let service = migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap();
    let insert = |of: OrganisationId, more: &str| {
        format!(
            "INSERT INTO join_request (id, organisation, person, note, asked_at, until{more})
             SELECT gen_random_uuid(), '{}', '{}', 'x', now(), now() + interval '336 hours'",
            of.0, ada.0
        )
    };
    assert_eq!(refused(&service, &insert(ground.book.organisation, "")).await, "23001", "a host takes none");
    assert_eq!(refused(&service, &format!("{}, 'declined'", insert(team.id, ", outcome"))).await, "42501");
    let asked = ask(&ground, team.id, ada).await.unwrap();
    assert_eq!(refused(&service, &insert(team.id, "")).await, "23505", "one is open");
    let by = |person: PersonId| format!("ended_by = '{}', ended_at = now(), outcome", person.0);
    for (set, code) in [
        (format!("{} = 'accepted', role = 'owner'", by(bea)), "23001"),
        (format!("{} = 'accepted', role = 'owner'", by(ada)), "23001"),
        (format!("{} = 'accepted'", by(team.member)), "23514"),
        (format!("{} = 'declined'", by(team.member)), "23514"),
        (format!("{} = 'withdrawn'", by(team.member)), "23514"),
        ("outcome = 'lapsed', ended_at = until".into(), "23001"),
        ("note = 'y'".into(), "42501"),
        ("until = until + interval '1 day'".into(), "42501"),
        (format!("person = '{}'", bea.0), "42501"),
    ] {
        assert_eq!(refused(&service, &format!("UPDATE join_request SET {set}")).await, code, "{set}");
    }
    pass(&ground, 14 * 24 + 1).await;
    let late = format!(
        "UPDATE join_request SET outcome = 'declined', reason = 'x', ended_by = '{}', ended_at = until - interval '2 hours'",
        team.member.0
    );
    assert_eq!(refused(&service, &late).await, "23001", "nobody answers late, and says it was before");
    pass(&ground, -(14 * 24 + 1)).await;
    decline(&ground, asked.id, team.member, wall + SignedDuration::from_secs(1)).await.unwrap();
    for set in ["reason = 'another'", "outcome = NULL, ended_at = NULL, ended_by = NULL, reason = NULL"] {
        assert_eq!(refused(&service, &format!("UPDATE join_request SET {set}")).await, "23001", "{set}");
    }
    assert_eq!(refused(&service, "DELETE FROM join_request").await, "42501");
}

#[tokio::test]
async fn an_invitation_is_declined_once_by_its_address_and_gives_nothing_after_that() {
    let ground = ground().await;
    let (ada, bea, wall) = (ground.stranger("ada").await, ground.stranger("bea").await, ground.wall);
    let (host, owner) = (ground.book.organisation, ground.owner);
    let invite = async |secret: &str| {
        let email = address("ada");
        ground.run(async |tx| invitations::invite(tx, host, &email, Role::Auditor, owner, secret, wall).await).await
    };
    let decline = async |secret: &str, by: PersonId, at: Timestamp| {
        ground.run(async |tx| invitations::decline(tx, secret, by, at).await).await
    };
    let made = invite("first").await.unwrap();
    assert_eq!(waits(&ground, ada).await, ["accept_invitation"]);
    assert_eq!(refusal(decline("first", bea, wall).await), "invitation-for-another-address");
    assert_eq!(refusal(decline("unknown", ada, wall).await), "invitation-invalid");
    assert_eq!(refusal(decline("first", ada, made.expires_at).await), "invitation-invalid");
    for _ in 0..2 {
        assert_eq!(decline("first", ada, wall).await.unwrap().state(wall), InvitationState::Declined);
    }
    let said = "SELECT count(*) FROM activity WHERE action = 'declined'";
    assert_eq!(ground.client().await.query_one(said, &[]).await.unwrap().get::<_, i64>(0), 1, "declined twice is once");
    assert_eq!(waits(&ground, ada).await.len(), 0);
    assert_eq!(refusal(decline("first", bea, wall).await), "invitation-invalid", "others learn nothing of it");
    let accepted = ground.run(async |tx| invitations::accept(tx, "first", ada, wall).await).await;
    assert_eq!(refusal(accepted), "invitation-invalid");
    ground.run(async |tx| invitations::withdraw(tx, host, made.id, owner, wall).await).await.unwrap();
    let kept = invitation_rows::find(&ground.client().await, made.id).await.unwrap().unwrap();
    assert_eq!(kept.state(wall), InvitationState::Declined, "what is declined is not withdrawn");
    assert!(!invitation_rows::is_expected(&ground.client().await, address("ada").as_str(), wall).await.unwrap());

    invite("second").await.expect("who declined may be invited again");
    ground.run(async |tx| invitations::accept(tx, "second", ada, wall).await).await.unwrap();
    assert_eq!(refusal(decline("second", ada, wall).await), "invitation-invalid");
    let service = migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap();
    for set in [
        "declined_at = NULL, declined_by = NULL",
        "accepted_at = NULL, accepted_by = NULL",
        "withdrawn_at = now(), accepted_at = NULL, accepted_by = NULL",
    ] {
        assert_eq!(refused(&service, &format!("UPDATE invitation SET {set}")).await, "23001", "{set}");
    }
}

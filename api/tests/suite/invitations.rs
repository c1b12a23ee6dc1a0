//! Roles that are offered to an address, and what strangers are told of addresses.

use crate::service::{Answer, Person, Service};
use actix_web::http::Method;
use jiff::Timestamp;
use ledger::parties::operations::persons;
use ledger::parties::operations::sign_in;
use ledger::testing::address;
use serde_json::{Value, json};

/// The host's owner, who invites.
struct Host {
    service: Service,
    owner: String,
    /// `/v1/organisations/org_…`.
    path: String,
}

impl Host {
    async fn open() -> Host {
        let service = Service::start().await;
        let owner = service.signed_in(service.ground.owner).await.token;
        let path = format!("/v1/organisations/{}", service.ground.book.organisation);
        Host { service, owner, path }
    }

    async fn invite(&self, name: &str, role: &str) -> Answer {
        let body = json!({"email": address(name).as_str(), "role": role});
        self.service.post(&format!("{}/invitations", self.path), &self.owner, body).await
    }

    /// The invitation's id, and the token that its mail will hold.
    async fn invited(&self, name: &str, role: &str) -> (String, String) {
        let made = self.invite(name, role).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let sql = "SELECT payload ->> 'token' FROM job WHERE kind = 'send_invitation' AND dedupe = $1";
        let token = self.service.ground.database_owner().await.query_one(sql, &[&id]).await.unwrap().get(0);
        (id, token)
    }

    async fn accept(&self, token: &str, by: &Person) -> Answer {
        self.service.post("/v1/invitations:accept", &by.token, json!({"token": token})).await
    }

    async fn stranger(&self, name: &str) -> Person {
        self.service.signed_in(self.service.ground.stranger(name).await).await
    }

    /// Who has which role, by address.
    async fn roles(&self) -> Vec<(String, String)> {
        let all = self.service.get(&format!("{}/memberships", self.path), &self.owner).await.ok();
        let text = |role: &Value, name: &str| role[name].as_str().unwrap().to_owned();
        all["items"].as_array().unwrap().iter().map(|role| (text(role, "email"), text(role, "role"))).collect()
    }

    async fn has_role(&self, name: &str, role: &str) -> bool {
        self.roles().await.contains(&(address(name).as_str().to_owned(), role.to_owned()))
    }

    async fn states(&self) -> Vec<String> {
        let all = self.service.get(&format!("{}/invitations", self.path), &self.owner).await.ok();
        all["items"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    }

    async fn withdraw(&self, id: &str) -> Answer {
        let path = format!("{}/invitations/{id}", self.path);
        self.service.ask(Method::DELETE, &path, &self.owner, "", None).await
    }
}

const INVALID: (u16, &str) = (409, "/problems/invitation-invalid");

#[actix_web::test]
async fn t3_a_role_is_there_when_its_invitation_was_accepted_with_its_address_and_not_before() {
    let host = Host::open().await;
    let (ada, bea) = (host.stranger("ada").await, host.stranger("bea").await);
    let (_, token) = host.invited("ada", "auditor").await;
    assert!(!host.has_role("ada", "auditor").await);
    assert_eq!(host.service.get(&host.path, &ada.token).await.status, 404, "she sees nothing of it yet");
    let by_another = host.accept(&token, &bea).await;
    assert_eq!(by_another.kind(), (409, "/problems/invitation-for-another-address"));
    assert!(!host.has_role("bea", "auditor").await);

    let accept = async || {
        let body = json!({"token": token});
        host.service.ask(Method::POST, "/v1/invitations:accept", &ada.token, "key", Some(&body)).await
    };
    let given = accept().await.ok();
    assert_eq!((&given["person"], &given["role"]), (&json!(ada.id), &json!("auditor")));
    assert!(host.has_role("ada", "auditor").await);
    assert_eq!(host.service.get(&host.path, &ada.token).await.status, 200);
    let again = accept().await;
    assert!(again.replayed && again.ok() == given);
    assert_eq!(host.accept(&token, &ada).await.kind(), INVALID, "it works once");
    assert_eq!(host.states().await, ["accepted"]);

    let taken = format!("{}/memberships/{}/auditor", host.path, ada.id);
    assert_eq!(host.service.ask(Method::DELETE, &taken, &host.owner, "", None).await.status, 204);
    assert_eq!(host.accept(&token, &ada).await.kind(), INVALID, "a role that was taken does not come back by the link");
}

#[actix_web::test]
async fn t3_an_invitation_that_is_withdrawn_lapsed_or_made_up_gives_nothing() {
    let host = Host::open().await;
    let ada = host.stranger("ada").await;
    let (withdrawn, token) = host.invited("ada", "auditor").await;
    assert_eq!(host.invite("ada", "auditor").await.kind(), (409, "/problems/already-invited"));
    assert_eq!(host.withdraw(&withdrawn).await.status, 204);
    assert_eq!(host.withdraw(&withdrawn).await.status, 204, "once more changes nothing");
    assert_eq!(host.accept(&token, &ada).await.kind(), INVALID);

    let (lapsed, token) = host.invited("ada", "auditor").await;
    let owner = host.service.ground.database_owner().await;
    let fourteen_days = "UPDATE invitation SET expires_at = expires_at - interval '14 days' WHERE withdrawn_at IS NULL";
    assert_eq!(owner.execute(fourteen_days, &[]).await.unwrap(), 1);
    assert_eq!(host.accept(&token, &ada).await.kind(), INVALID);
    assert_eq!(host.accept("made up", &ada).await.kind(), INVALID);
    assert_eq!(host.states().await, ["withdrawn", "lapsed"]);
    assert_eq!(host.withdraw(&lapsed).await.status, 204);

    let (accepted, token) = host.invited("ada", "member").await;
    host.accept(&token, &ada).await.ok();
    assert_eq!(host.withdraw(&accepted).await.kind(), (409, "/problems/invitation-accepted"));
    let elsewhere =
        host.service.ground.organisation("Elsewhere", ledger::parties::rules::role::OrganisationKind::Sponsor, ada.id);
    let path = format!("/v1/organisations/{}/invitations/{accepted}", elsewhere.await);
    let foreign = host.service.ask(Method::DELETE, &path, &ada.token, "", None).await;
    assert_eq!(foreign.status, 404, "an owner withdraws the invitations of her own organisation");
    assert!(!host.has_role("ada", "auditor").await && host.has_role("ada", "member").await);
}

#[actix_web::test]
async fn t3_neither_a_sign_in_nor_an_invitation_asks_whether_an_address_is_known() {
    let host = Host::open().await;
    host.service.ground.stranger("known").await;
    // With no right to read addresses, whatever looks one up fails.
    let database = host.service.ground.database_owner().await;
    for sql in [
        "REVOKE SELECT ON person FROM commonpurse_service",
        "GRANT SELECT (id, caller, is_operator, disabled_at) ON person TO commonpurse_service",
    ] {
        database.batch_execute(sql).await.unwrap();
    }
    let jobs = async |kind: &str| -> i64 {
        database.query_one("SELECT count(*) FROM job WHERE kind = $1", &[&kind]).await.unwrap().get(0)
    };
    for (name, so_many) in [("known", 1), ("unknown", 2)] {
        let asked = host.service.post("/v1/sign-in", "", json!({"email": address(name).as_str()})).await;
        assert_eq!((asked.status, &asked.body), (202, &Value::Null), "{name}");
        let mut invited = host.invite(name, "reviewer").await;
        assert_eq!(invited.status, 201, "{name}: {}", invited.body);
        let body = invited.body.as_object_mut().unwrap();
        for differs in ["id", "email", "created_at", "expires_at"] {
            assert!(body.remove(differs).is_some_and(|value| value.is_string()), "{differs}");
        }
        let (organisation, invited_by) = (host.service.ground.book.organisation, host.service.ground.owner);
        let same = json!({"organisation": organisation, "invited_by": invited_by, "role": "reviewer", "state": "open"});
        assert_eq!(invited.body, same, "{name}");
        assert_eq!((jobs("send_sign_in").await, jobs("send_invitation").await), (so_many, so_many), "{name}");
    }
    let links = database.query_one("SELECT count(*) FROM sign_in_token", &[]).await.unwrap();
    assert_eq!(links.get::<_, i64>(0), 0, "the worker makes the link, for those who have an account");
}

#[actix_web::test]
async fn t3_a_link_works_for_who_has_an_account_or_an_invitation_and_for_nobody_who_is_disabled() {
    let host = Host::open().await;
    let ground = &host.service.ground;
    let wall = Timestamp::now();
    let open = async |name: &str, token: &str| {
        let (email, until) = (address(name), wall + sign_in::LINK_LIFETIME);
        ground.run(async |tx| sign_in::open_link(tx, email.as_str(), token, false, (until, wall)).await).await.unwrap()
    };
    let ada = ground.stranger("ada").await;
    assert!(open("ada", "first").await && open("ada", "first").await, "the worker may come twice");
    for another in 1..5 {
        assert!(open("ada", &format!("another {another}")).await);
    }
    assert!(!open("ada", "one too many").await, "five links are open");
    assert!(!open("bea", "unknown").await, "an unknown address gets none");
    let (_, token) = host.invited("bea", "auditor").await;
    assert!(open("bea", "invited").await, "an invited one gets an account when it is used");
    let confirmed = host.service.post("/v1/sign-in/confirm", "", json!({"token": "invited"})).await.ok();
    let access = confirmed["access_token"].as_str().unwrap();
    host.service.post("/v1/invitations:accept", access, json!({"token": token})).await.ok();
    assert!(host.has_role("bea", "auditor").await);
    ground.run(async |tx| persons::disable(tx, ada, ground.operator, "gone", wall).await).await.unwrap();
    assert!(!open("ada", "first").await);
}

//! Second factors and their resets, by the clock of the caller, and what no SQL of the service undoes.

use crate::support::ground;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::id::{PersonId, SessionId};
use ledger::parties::operations::second_factors::{self, Given, Tried};
use ledger::parties::operations::{second_factor_resets as resets, sign_in};
use ledger::parties::rules::role::Role;
use ledger::parties::rules::second_factor::{
    FactorState, Keeper, KeptCode, ProofMethod, RECOVERY_CODES, STEP_S, SealedSecret, code_at,
};
use ledger::parties::rules::second_factor_reset::ResetState;
use ledger::parties::store::second_factors as rows;
use ledger::testing::{Ground, refusal};

/// The secret of everybody here.
const SECRET: &[u8] = b"12345678901234567890";

/// Keeps secrets as they are, behind a nonce: what seals them is the matter of another crate.
struct Plain;

impl Keeper for Plain {
    fn open(&self, _: PersonId, sealed: &SealedSecret) -> Result<Vec<u8>, Error> {
        Ok(sealed.bytes[24..44].to_vec())
    }

    fn digest(&self, key_version: i32, person: PersonId, code: &str) -> Option<[u8; 32]> {
        (key_version == 1).then(|| sign_in::digest(&format!("{person} {code}")))
    }
}

fn sealed() -> SealedSecret {
    SealedSecret { key_version: 1, bytes: [&[0; 24], SECRET].concat() }
}

fn recovery_codes(person: PersonId) -> Vec<KeptCode> {
    let kept = |number| Plain.digest(1, person, &format!("code-{number}")).unwrap();
    (0..RECOVERY_CODES).map(|number| KeptCode { key_version: 1, digest: kept(number) }).collect()
}

/// The code of a moment, and of so many steps later.
fn code(wall: Timestamp, later: i64) -> String {
    code_at(SECRET, wall.as_second() / STEP_S + later).unwrap()
}

/// Somebody who is signed in.
struct Somebody<'a> {
    ground: &'a Ground,
    id: PersonId,
    session: SessionId,
}

impl<'a> Somebody<'a> {
    async fn new(ground: &'a Ground, name: &str) -> Somebody<'a> {
        let id = ground.person(name, Role::Treasurer).await;
        Somebody { ground, id, session: ground.session(id).await }
    }

    /// The same with a second factor that counts, of a code of the step before.
    async fn enrolled(ground: &'a Ground, name: &str) -> Somebody<'a> {
        let it = Somebody::new(ground, name).await;
        it.begin().await.unwrap();
        let wall = ground.wall;
        assert!(matches!(it.confirm(&code(wall, -1), wall).await.unwrap(), Tried::Proved(_)));
        it
    }

    async fn begin(&self) -> Result<(), Error> {
        let wall = self.ground.wall;
        self.ground.run(async |tx| second_factors::begin(tx, self.id, &sealed(), wall).await).await
    }

    async fn confirm(&self, code: &str, wall: Timestamp) -> Result<Tried, Error> {
        let codes = recovery_codes(self.id);
        let who = (self.id, self.session);
        self.ground.run(async |tx| second_factors::confirm(tx, &Plain, who, code, &codes, wall).await).await
    }

    async fn prove(&self, given: Given<'_>, wall: Timestamp) -> Result<Tried, Error> {
        let who = (self.id, self.session);
        self.ground.run(async |tx| second_factors::prove(tx, &Plain, who, given, wall).await).await
    }

    async fn standing(&self) -> second_factors::Standing {
        second_factors::standing(&self.ground.client().await, self.id, self.ground.wall).await.unwrap()
    }

    async fn ask_reset(&self, wall: Timestamp) -> Result<ResetState, Error> {
        let asked = self.ground.run(async |tx| resets::ask(tx, self.id, self.session, wall).await).await;
        asked.map(|reset| reset.state)
    }

    async fn approved_by(&self, by: PersonId, wall: Timestamp) -> Result<ResetState, Error> {
        let approved = self.ground.run(async |tx| resets::approve(tx, self.id, by, "seen in person", wall).await).await;
        approved.map(|reset| reset.state)
    }

    async fn advance(&self, wall: Timestamp) {
        let reset = self.standing().await.reset.unwrap().id;
        self.ground.run(async |tx| resets::advance(tx, self.id, reset, wall).await).await.unwrap();
    }
}

fn is_wrong(tried: &Tried) -> bool {
    matches!(tried, Tried::Refused(refusal) if refusal.code == "second-factor-code-wrong")
}

#[tokio::test]
async fn sf_a_code_counts_once_in_its_order_and_a_recovery_code_once() {
    let ground = ground().await;
    let (ada, wall) = (Somebody::new(&ground, "ada").await, ground.wall);
    assert_eq!(refusal(ada.prove(Given::Code("123456"), wall).await), "second-factor-none");
    ada.begin().await.unwrap();
    ada.begin().await.unwrap();
    assert_eq!(ada.standing().await.state, FactorState::Begun);
    assert_eq!(
        refusal(ada.prove(Given::Code(&code(wall, 0)), wall).await),
        "second-factor-none",
        "not before its first code"
    );
    assert!(is_wrong(&ada.confirm(&code(wall, -2), wall).await.unwrap()), "too old");
    let Tried::Proved(proof) = ada.confirm(&code(wall, -1), wall).await.unwrap() else { panic!("a right code") };
    assert_eq!((proof.method, proof.at), (ProofMethod::Code, wall));
    assert_eq!(refusal(ada.begin().await), "second-factor-active");
    assert_eq!(refusal(ada.confirm(&code(wall, 0), wall).await), "second-factor-active");

    assert!(is_wrong(&ada.prove(Given::Code(&code(wall, -1)), wall).await.unwrap()), "a second time");
    assert!(matches!(ada.prove(Given::Code(&code(wall, 1)), wall).await.unwrap(), Tried::Proved(_)), "a step early");
    assert!(is_wrong(&ada.prove(Given::Code(&code(wall, 0)), wall).await.unwrap()), "older than one that was taken");
    let Tried::Proved(proof) = ada.prove(Given::RecoveryCode("code-3"), wall).await.unwrap() else { panic!("a code") };
    assert_eq!(proof.method, ProofMethod::RecoveryCode);
    assert!(is_wrong(&ada.prove(Given::RecoveryCode("code-3"), wall).await.unwrap()), "a recovery code twice");
    assert_eq!(ada.standing().await.codes_left, 9);
    let bea = Somebody::enrolled(&ground, "bea").await;
    assert!(
        matches!(bea.prove(Given::RecoveryCode("code-3"), wall).await.unwrap(), Tried::Proved(_)),
        "each has their own"
    );
}

#[tokio::test]
async fn sf_ten_wrong_codes_in_a_row_are_counted_whoever_tries_and_then_none_is_taken() {
    let ground = ground().await;
    let (ada, wall) = (Somebody::enrolled(&ground, "ada").await, ground.wall);
    for number in 0..10 {
        let given = if number % 2 == 0 { Given::Code("000000") } else { Given::RecoveryCode("aaaa") };
        assert!(is_wrong(&ada.prove(given, wall).await.unwrap()), "{number}");
    }
    assert_eq!(refusal(ada.prove(Given::Code(&code(wall, 0)), wall).await), "second-factor-waits");
    assert_eq!(refusal(ada.prove(Given::RecoveryCode("code-1"), wall).await), "second-factor-waits");
    assert_eq!(ada.standing().await.waits_until, Some(wall + SignedDuration::from_mins(15)));
    let later = wall + SignedDuration::from_mins(15);
    assert!(matches!(ada.prove(Given::Code(&code(later, 0)), later).await.unwrap(), Tried::Proved(_)));
    assert_eq!(ada.standing().await.waits_until, None, "a right code forgets them");
}

#[tokio::test]
async fn sf_who_refreshes_keeps_the_proof_of_the_session_and_a_removed_factor_leaves_none() {
    let ground = ground().await;
    let ada = Somebody::enrolled(&ground, "ada").await;
    let proofs = async || {
        let sql = "SELECT count(*) FROM refresh_family WHERE proved_at IS NOT NULL";
        ground.client().await.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(proofs().await, 1);
    ground.run(async |tx| second_factors::remove(tx, ada.id, ground.wall).await).await.unwrap();
    assert_eq!(proofs().await, 0);
    let left = ada.standing().await;
    assert_eq!((left.state, left.codes_left), (FactorState::None, 0));
    let again = ground.run(async |tx| second_factors::remove(tx, ada.id, ground.wall).await).await;
    assert_eq!(refusal(again), "second-factor-none");
}

#[tokio::test]
async fn sf_a_reset_needs_two_operators_and_a_day_and_ends_all_sessions() {
    let ground = ground().await;
    let (ada, wall) = (Somebody::enrolled(&ground, "ada").await, ground.wall);
    let other = ground.stranger("other").await;
    let owner = ground.database_owner().await;
    owner.execute("UPDATE person SET is_operator = true WHERE id = $1", &[&other.0]).await.unwrap();
    assert_eq!(refusal(ada.approved_by(other, wall).await), "second-factor-reset-none");
    let late = wall + SignedDuration::from_mins(16);
    assert_eq!(refusal(ada.ask_reset(late).await), "sign-in-too-old");
    assert_eq!(ada.ask_reset(wall).await.unwrap(), ResetState::Asked);
    assert_eq!(refusal(ada.ask_reset(wall).await), "second-factor-reset-asked");
    assert_eq!(refusal(ada.approved_by(ada.id, wall).await), "second-factor-of-your-own");
    assert_eq!(ada.approved_by(ground.operator, wall).await.unwrap(), ResetState::Approved);
    assert_eq!(refusal(ada.approved_by(ground.operator, wall).await), "second-factor-reset-decided");

    // No SQL of the service says what two people have not.
    let service = migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap();
    let refused = async |sql: &str| {
        let error = service.batch_execute(sql).await.expect_err(sql);
        error.code().map(|code| code.code().to_owned()).unwrap_or_default()
    };
    let (agreed, second) =
        ("second_at = first_at, until = first_at + interval '24 hours', state", format!("second_by = '{}'", ada.id.0));
    for (sql, code) in [
        (format!("UPDATE second_factor_reset SET {second}, {agreed} = 'waiting'"), "23514"),
        (format!("UPDATE second_factor_reset SET second_by = first_by, {agreed} = 'waiting'"), "23514"),
        (format!("UPDATE second_factor_reset SET first_by = '{}'", other.0), "23001"),
        ("UPDATE second_factor_reset SET state = 'done', ended_at = now()".into(), "23001"),
        ("UPDATE second_factor_reset SET person = first_by".into(), "42501"),
        ("DELETE FROM second_factor_reset".into(), "42501"),
        ("UPDATE second_factor SET last_step = 0".into(), "23001"),
        ("UPDATE second_factor SET active_at = NULL".into(), "23001"),
        ("UPDATE second_factor SET sealed = sealed || sealed".into(), "23001"),
        ("UPDATE second_factor SET person = gen_random_uuid()".into(), "42501"),
        ("UPDATE recovery_code SET digest = digest".into(), "42501"),
        ("INSERT INTO recovery_code (person, digest, key_version, used_at) SELECT person, digest, 1, NULL FROM recovery_code".into(), "42501"),
    ] {
        assert_eq!(refused(&sql).await, code, "{sql}");
    }

    assert_eq!(ada.approved_by(other, wall).await.unwrap(), ResetState::Waiting);
    for sql in [
        "UPDATE second_factor_reset SET until = second_at + interval '25 hours'",
        "UPDATE second_factor_reset SET state = 'done', ended_at = until",
    ] {
        assert_eq!(refused(sql).await, "23001", "{sql}");
    }
    let day = SignedDuration::from_hours(24);
    ada.advance(wall + day - SignedDuration::from_secs(1)).await;
    assert_eq!(ada.standing().await.state, FactorState::Active, "not before the day has passed");
    // The clock of the database has to agree: two days pass for the rows.
    owner
        .batch_execute(
            "SET session_replication_role = replica;
             UPDATE second_factor_reset SET asked_at = asked_at - interval '2 days', first_at = first_at - interval '2 days',
                 second_at = second_at - interval '2 days', until = until - interval '2 days'",
        )
        .await
        .unwrap();
    ada.advance(wall).await;
    ada.advance(wall).await;
    let standing = ada.standing().await;
    assert_eq!((standing.state, standing.codes_left), (FactorState::None, 0));
    assert_eq!(standing.reset.unwrap().state, ResetState::Done);
    assert_eq!(refused("UPDATE second_factor_reset SET state = 'asked', ended_at = NULL").await, "23001");
    let live = sign_in::signed_in(&ground.client().await, &[ada.session], wall).await.unwrap();
    assert_eq!(live, [], "all sessions have ended");
    let news = "SELECT payload->>'news' FROM job WHERE kind = 'send_second_factor_notice' ORDER BY due_at, id";
    let news = ground.client().await.query(news, &[]).await.unwrap();
    let news: Vec<String> = news.iter().map(|row| row.get(0)).collect();
    assert_eq!(news, ["enrolled", "reset_asked", "reset_approved", "reset_waits", "reset_done"]);
}

#[tokio::test]
async fn sf_who_objects_or_proves_the_factor_keeps_it_and_nobody_agrees_for_ever() {
    let ground = ground().await;
    let (ada, bea, wall) =
        (Somebody::enrolled(&ground, "ada").await, Somebody::enrolled(&ground, "bea").await, ground.wall);
    let state = async |of: &Somebody<'_>| of.standing().await.reset.unwrap().state;
    ada.ask_reset(wall).await.unwrap();
    ada.approved_by(ground.operator, wall).await.unwrap();
    ground.run(async |tx| resets::object(tx, ada.id, wall).await).await.unwrap();
    assert_eq!((state(&ada).await, ada.standing().await.state), (ResetState::Objected, FactorState::Active));
    assert_eq!(refusal(ada.approved_by(ground.operator, wall).await), "second-factor-reset-none");
    assert_eq!(refusal(ada.ask_reset(wall).await), "second-factor-reset-asked", "not at once again");

    bea.ask_reset(wall).await.unwrap();
    bea.prove(Given::Code(&code(wall, 0)), wall).await.unwrap();
    assert_eq!(state(&bea).await, ResetState::Objected, "who proves it has not lost it");

    let carl = Somebody::enrolled(&ground, "carl").await;
    carl.ask_reset(wall).await.unwrap();
    let refused = ground.run(async |tx| resets::refuse(tx, carl.id, ground.operator, "not him", wall).await).await;
    assert_eq!(refused.unwrap().state, ResetState::Refused);

    let dora = Somebody::enrolled(&ground, "dora").await;
    dora.ask_reset(wall).await.unwrap();
    dora.approved_by(ground.operator, wall).await.unwrap();
    dora.advance(wall + SignedDuration::from_hours(14 * 24) - SignedDuration::from_secs(1)).await;
    assert_eq!(state(&dora).await, ResetState::Approved);
    dora.advance(wall + SignedDuration::from_hours(14 * 24)).await;
    assert_eq!((state(&dora).await, dora.standing().await.state), (ResetState::Lapsed, FactorState::Active));
}

#[tokio::test]
async fn sf_a_secret_is_sealed_anew_without_being_another_factor() {
    let ground = ground().await;
    let ada = Somebody::enrolled(&ground, "ada").await;
    let client = ground.client().await;
    let older = rows::list_older(&client, 2, uuid::Uuid::nil(), 10).await.unwrap();
    assert_eq!(older, [(ada.id, sealed())]);
    let anew = SealedSecret { key_version: 2, bytes: [&[1; 24], SECRET].concat() };
    assert!(rows::reseal(&client, ada.id, &sealed(), &anew).await.unwrap());
    assert!(!rows::reseal(&client, ada.id, &sealed(), &anew).await.unwrap(), "it is sealed as it was read no more");
    assert!(rows::list_older(&client, 2, uuid::Uuid::nil(), 10).await.unwrap().is_empty());
    let wall = ground.wall;
    assert!(matches!(ada.prove(Given::Code(&code(wall, 0)), wall).await.unwrap(), Tried::Proved(_)));
}

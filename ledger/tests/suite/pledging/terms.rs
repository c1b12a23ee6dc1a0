//! Terms of a campaign change for those who pledge later; and nothing that somebody gave becomes the host's unless they agreed to it.

use super::fees::{audited, term};
use super::scene::Scene;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{AccountClass as C, Entry, Line, MovementKind};
use ledger::chart;
use ledger::engine::posting;
use ledger::id::{ChargeId, PledgeId};
use ledger::pledging::operations::charges::{self, Begun};
use ledger::pledging::operations::pledges::{self, PlacePledge};
use ledger::pledging::operations::terms::{self, NewTerms};
use ledger::pledging::rules::fee::Payee;
use ledger::pledging::rules::terms::TermsVersion;
use ledger::service::change::Change;
use ledger::testing::{ONCE, refusal};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

const FORFEITURE: &str = "What nobody has claimed within two years belongs to the host.";

/// The campaign's next terms: half of each charge is the host's, and what nobody claims as well.
async fn forfeiture(scene: &Scene) -> Result<TermsVersion, Error> {
    let (id, wall) = (scene.campaign.id, scene.ground.wall);
    let fees = vec![term(Payee::Host, "50", 0, true)];
    let new = NewTerms { terms: FORFEITURE.into(), fees, effective_on: None };
    scene.ground.run(async |tx| terms::write(tx, id, new, Change::by_service(""), wall).await).await
}

fn of_version(scene: &Scene, version: &TermsVersion, reference: &str) -> PlacePledge {
    PlacePledge { terms_digest: version.digest, ..scene.ask(reference, "2500.00", ONCE, "card") }
}

#[tokio::test]
async fn c1_a_pledge_keeps_the_terms_and_bears_the_fees_that_it_agreed_to_whatever_is_written_later() {
    let mut scene = Scene::on(date(2027, 2, 1)).await;
    let first = TermsVersion::first(&scene.campaign);
    let before = scene.place(of_version(&scene, &first, "before")).await.unwrap().pledge.id;
    let second = forfeiture(&scene).await.unwrap();
    assert_eq!((second.version, second.effective_on), (2, Some(date(2027, 2, 1))));
    assert_eq!(refusal(forfeiture(&scene).await), "terms-written");
    assert_eq!(refusal(scene.place(of_version(&scene, &first, "late")).await), "terms-mismatch");
    let after = scene.place(of_version(&scene, &second, "after")).await.unwrap().pledge.id;
    scene.work().await;
    let fees = async |pledge: PledgeId| scene.charges(pledge).await[0].fees;
    assert_eq!((fees(before).await, fees(after).await), (0, 125_000));
    scene.go_to(date(2027, 2, 4)).await;
    assert_eq!(scene.fund(&scene.campaign).await, 250_000 + 125_000);
    assert_eq!(scene.pledge(before).await.terms_digest, first.digest);
    audited(&scene).await;
}

/// What the database says to the service, when it does what no operation does.
async fn refused(service: &Client, sql: &str) -> Option<SqlState> {
    let refused = service.batch_execute(sql).await.err();
    service.batch_execute("ROLLBACK").await.unwrap();
    refused.map(|error| error.code().cloned().unwrap_or(SqlState::INTERNAL_ERROR))
}

/// A due payment is under way.
async fn under_way(scene: &Scene, asked: PlacePledge) -> ChargeId {
    let wall = scene.ground.wall;
    let begun = scene.ground.run(async |tx| {
        let pledge = pledges::place(tx, asked, wall).await?.pledge.id;
        charges::begin(tx, pledge, 1, wall).await
    });
    let Begun::Try { charge, .. } = begun.await.unwrap() else { panic!("nothing is due") };
    charge
}

/// Captures a charge with a fee as the login of the service could, by its own rights alone: the entry and the row agree.
async fn capture(scene: &Scene, charge: ChargeId, model: ChargeId, fee: i64) -> Option<SqlState> {
    let (book, wall) = (&scene.ground.book, scene.ground.wall);
    let fund = scene.campaign.fund.unwrap();
    let payable = scene.ground.account(&chart::fees("host").code, C::FeePayable).await;
    let mut client = scene.ground.client().await;
    let like = ledger::pledging::store::charges::get(&client, model).await.unwrap();
    let settlement = like.settlement.unwrap();
    let receivable = ledger::treasury::store::settlements::get(&client, settlement).await.unwrap().receivable;
    let tx = client.transaction().await.unwrap();
    let lines = vec![
        Line { kind: MovementKind::ChargeCaptured, debit: receivable, credit: fund, amount: 250_000 },
        Line { kind: MovementKind::FeeCharged, debit: fund, credit: payable, amount: fee },
    ];
    let entry = Entry { lines, effective: book.today(wall), outside_fact: false, note: None };
    let entry = posting::post(&tx, book, entry, wall).await.unwrap().number;
    let captured = format!(
        "UPDATE charge SET state = 'captured', entry = {entry}, fees = {fee}, waits_until = NULL, captured_on = '{}', version = version + 1,
                settlement = '{}', provider_reference = 'forged-{fee}' WHERE id = '{}'",
        book.today(wall),
        settlement.object,
        charge.object
    );
    tx.batch_execute(&captured).await.unwrap();
    tx.commit().await.err().map(|error| error.code().unwrap().clone())
}

#[tokio::test]
async fn c1_the_database_takes_no_fee_that_the_terms_of_the_pledge_itself_do_not_name() {
    let scene = Scene::on(date(2027, 2, 1)).await;
    let first = TermsVersion::first(&scene.campaign);
    let pledge = scene.place(of_version(&scene, &first, "old")).await.unwrap().pledge.id;
    scene.work().await;
    let model = scene.charges(pledge).await[0].id;
    let old = under_way(&scene, of_version(&scene, &first, "another old")).await;
    let second = forfeiture(&scene).await.unwrap();
    let new = under_way(&scene, of_version(&scene, &second, "new")).await;
    for (charge, fee, why) in [
        (old, 1, Some(SqlState::CHECK_VIOLATION)),
        (old, 125_000, Some(SqlState::CHECK_VIOLATION)),
        (new, 125_001, Some(SqlState::CHECK_VIOLATION)),
        (new, 125_000, None),
    ] {
        assert_eq!(capture(&scene, charge, model, fee).await, why, "{fee} of {charge}");
    }

    let (book, wall, fund) = (&scene.ground.book, scene.ground.wall, scene.campaign.fund.unwrap());
    let payable = scene.ground.account(&chart::fees("host").code, C::FeePayable).await;
    let service = migrations::connect(&scene.ground.database.service_url.parse().unwrap()).await.unwrap();
    // A fee that stands alone; the entry of another charge; a refund that never returned a fee.
    let entry = "SELECT max(entry) FROM charge";
    let charges = [
        String::new(),
        format!("UPDATE charge SET fees = 1 WHERE id = '{}'", old.object),
        format!(
            "INSERT INTO refund (id, charge, partner, amount, sent, entry, requested_at, waits_until, book_id, of_cash, currency,
                                 rail, state, reason, fees)
             SELECT '00000000-0000-7000-8000-000000000001', c.id, c.partner, 5, 5, ({entry}), now(), now(), c.book_id, false,
                    c.currency, 'sandbox', 'requested', '', '[]' FROM charge c WHERE c.id = '{0}';
             UPDATE refund SET state = 'failed', failure = 'x', waits_until = NULL, end_entry = {{number}}",
            new.object
        ),
    ];
    for with in charges {
        let mut client = scene.ground.client().await;
        let tx = client.transaction().await.unwrap();
        let line = Line { kind: MovementKind::FeeCharged, debit: fund, credit: payable, amount: 1 };
        let alone = Entry { lines: vec![line], effective: book.today(wall), outside_fact: false, note: None };
        let number = posting::post(&tx, book, alone, wall).await.unwrap().number;
        tx.batch_execute(&with.replace("{number}", &number.to_string())).await.unwrap();
        let refused = tx.commit().await.expect_err("a fee that nobody agreed to");
        assert_eq!(refused.code(), Some(&SqlState::CHECK_VIOLATION), "{with}");
    }
    let again = format!("UPDATE charge SET entry = entry + 100 WHERE id = '{}'", new.object);
    assert_eq!(refused(&service, &again).await, Some(SqlState::from_code("23001")), "a charge has one entry for ever");
    scene.ground.audit().await;
}

//! Payees that fail screening, and releases that two people pay at once.

use super::Owing;
use crate::support::waits;
use deadpool_postgres::Transaction;
use ledger::id::PayoutId;
use ledger::payouts::operations::payouts::{self, Verdict};
use ledger::payouts::rules::payout::{Payout, PayoutState, Screening};
use ledger::payouts::store::payouts as rows;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::refusal;

impl Owing {
    async fn screened_as(&self, payout: &Payout, answer: (Screening, &str)) -> Payout {
        let ground = &self.scene.ground;
        let approved = self.approve(payout, self.approver).await.unwrap();
        let screen =
            async |tx: &Transaction<'_>| payouts::screened(tx, payout.id, approved.approval, answer, ground.wall).await;
        ground.run(screen).await.unwrap()
    }

    async fn decided(&self, id: PayoutId, verdict: Verdict) -> Payout {
        let ground = &self.scene.ground;
        let change = Change { version: None, actor: Actor::Person(ground.operator), reason: "asked the team" };
        ground.run(async |tx| payouts::decide(tx, id, verdict, change, ground.wall).await).await.unwrap()
    }

    /// What waits for everybody of the host and for the operator.
    async fn tasks(&self) -> [Vec<&'static str>; 4] {
        let ground = &self.scene.ground;
        [
            waits(ground, ground.operator).await,
            waits(ground, ground.owner).await,
            waits(ground, self.asker).await,
            waits(ground, self.payer).await,
        ]
    }
}

#[tokio::test]
async fn m11_a_payee_that_fails_screening_stays_owed_and_held_and_an_operator_has_a_task() {
    let owing = Owing::to_account("6789").await;
    let ground = &owing.scene.ground;
    let payout = owing.ask(None).await.unwrap();
    let held = owing.screened_as(&payout, (Screening::Hit, "a list has the name")).await;
    assert_eq!((held.state.word(), held.state.reason()), (PayoutState::Held, "a list has the name"));
    assert_eq!(owing.balances().await, [500, 0, 10_000], "it stays payable: nothing has moved");
    assert_eq!(
        owing.tasks().await,
        [vec!["decide_payout"], vec![], vec![], vec![]],
        "the operator's, and nobody else's"
    );

    // Nobody sends it meanwhile, asks for the same debt beside it, or writes in the service's name that it goes on.
    assert_eq!(refusal(owing.send(&held).await), "payout-state");
    assert_eq!(refusal(owing.ask(None).await), "payout-nothing");
    let by_hand =
        "UPDATE payout SET state = 'sent', state_until = NULL, sent_by = requested_by, sent_on = current_date,
                          late_from = current_date + 9, sent_entry = 1 WHERE state = 'held'";
    assert!(ground.client().await.batch_execute(by_hand).await.is_err(), "the database sends nothing that is held");

    // Refused, it is owed as before; asked for and screened anew, an operator lets it go on.
    assert_eq!(owing.decided(held.id, Verdict::Refuse).await.state.word(), PayoutState::Cancelled);
    assert_eq!(owing.tasks().await[0], [""; 0], "what is decided waits for nobody");
    assert_eq!(owing.balances().await, [500, 0, 10_000]);
    let again = owing.ask(None).await.unwrap();
    let held = owing.screened_as(&again, (Screening::Hit, "a list has the name")).await;
    assert_eq!(owing.decided(held.id, Verdict::Release).await.state.word(), PayoutState::Screened);
    owing.send(&held).await.unwrap();
    assert_eq!(owing.bank(&held, &[false]).await, PayoutState::Settled);
    assert_eq!(owing.balances().await, [0, 0, 9_500]);
    ground.audit().await;
}

#[tokio::test]
async fn m11_what_an_operator_leaves_alone_lapses_and_stays_owed() {
    let owing = Owing::to_account("6789").await;
    let ground = &owing.scene.ground;
    let payout = owing.ask(None).await.unwrap();
    let held = owing.screened_as(&payout, (Screening::Hit, "a list has the name")).await;
    for (day, state) in [(89, PayoutState::Held), (90, PayoutState::Cancelled)] {
        let advance = async |tx: &Transaction<'_>| payouts::advance(tx, held.id, ground.day(day)).await;
        assert_eq!(ground.run(advance).await.unwrap().state.word(), state, "day {day}");
    }
    assert_eq!(rows::get(&ground.client().await, held.id).await.unwrap().state.word(), PayoutState::Cancelled);
    assert_eq!(owing.balances().await, [500, 0, 10_000]);
    ground.audit().await;
}

//! The money of challenges: what fills a purse, the fees of teams, and what goes back to the sponsors.

use super::{Scene, by_rank, complete, drill, entry, small};
use ledger::Error;
use ledger::challenges::operations::{challenges, judging, submissions};
use ledger::challenges::rules::entrant;
use ledger::challenges::rules::purse::Contribution;
use ledger::challenges::rules::rulebook::{EntryFee, FeeGoesTo, Rules, Shortlist, TieRule};
use ledger::challenges::store::{contributions, submissions as rows};
use ledger::service::store::activity::Actor;
use ledger::testing::{refusal, usd};
use ledger::treasury::operations::settlements;

#[tokio::test]
async fn m1_opening_is_refused_one_cent_short_and_a_captured_cent_is_not_a_settled_one() {
    let scene = Scene::new().await;
    let challenge = scene.challenge(drill()).await;
    let most = scene.give(&challenge, 0, "249999.99", 0).await.unwrap();
    scene
        .ground
        .run(async |tx| challenges::announce(tx, challenge.id, scene.change(), scene.ground.day(0)).await)
        .await
        .unwrap();
    let open = async |day| {
        scene
            .ground
            .run(async |tx| challenges::open(tx, challenge.id, scene.change(), scene.ground.day(day)).await)
            .await
    };
    assert_eq!(refusal(open(1).await), "purse-short", "nothing has settled");
    scene.settle(&most, 2).await;
    let Err(Error::Refused(short)) = open(2).await else { panic!("one cent short") };
    assert_eq!(short.detail, "the purse is 250000.00 USD, of which 249999.99 USD have settled: 0.01 USD are short");
    assert_eq!(refusal(scene.give(&challenge, 1, "0.02", 3).await), "purse-full");
    let cent = scene.give(&challenge, 1, "0.01", 3).await.unwrap();
    assert_eq!(scene.balance("liabilities:purse:drill").await, 25_000_000);
    assert_eq!(refusal(open(3).await), "purse-short", "a captured cent is not a settled one");
    scene.settle(&cent, 5).await;
    assert_eq!(open(5).await.unwrap().state.as_str(), "open");
    assert_eq!(scene.balance(&format!("assets:cash:{}", scene.ground.book.organisation)).await, 25_000_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn f15_an_entry_fee_is_paid_once_however_often_it_is_reported_before_work_is_handed_in_and_goes_where_the_rules_say()
 {
    let scene = Scene::new().await;
    let fee = EntryFee { amount: usd("50.00"), goes_to: FeeGoesTo::OperatingFund };
    let challenge = scene.open(Rules { entry_fee: Some(fee), ..small() }).await;
    let team = scene.team("ada").await;
    let entrant = scene.enter(&challenge, team, 4).await;
    let draft = scene.draft(challenge.id, team, "final", complete("final", &[]), 5).await.unwrap();
    assert_eq!(refusal(scene.submit(&draft, team, 5).await), "fee-due");
    let capture = async |payment: &str| {
        let (partner, actor) = (scene.ground.book.organisation, Actor::Person(scene.ground.owner));
        scene
            .ground
            .run(async |tx| {
                submissions::capture_fee(tx, entrant.id, partner, payment, actor, None, scene.ground.day(5)).await
            })
            .await
    };
    let paid = capture("card 1").await.unwrap();
    let again = capture("card 1").await.unwrap();
    assert_eq!(
        (again.fee_state, again.version),
        (paid.fee_state, paid.version),
        "reported again, it is the same payment"
    );
    assert_eq!(refusal(capture("card 2").await), "fee-not-due");
    assert_eq!(scene.balance("liabilities:entry-fees:drill").await, 5_000);
    let good = scene.submit(&draft, team, 6).await.unwrap();
    let row = scene.ground.database_owner().await;
    let settlement: uuid::Uuid = row.query_one("SELECT settlement FROM entrant", &[]).await.unwrap().get(0);
    let settlement = ledger::id::SettlementId::new(scene.ground.book.id, settlement);
    scene.ground.run(async |tx| settlements::settle(tx, settlement, scene.ground.day(8)).await).await.unwrap();
    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    for judge in &scene.judges[..2] {
        scene.score(*judge, &good, [50, 50], 94).await.unwrap();
    }
    assert_eq!(scene.advance(challenge.id, 123).await.state.as_str(), "provisional");
    assert_eq!(scene.advance(challenge.id, 137).await.state.as_str(), "awarded");
    assert_eq!(scene.balance("liabilities:entry-fees:drill").await, 0);
    assert_eq!(scene.balance("equity:operating:drill").await, 5_000);
    assert_eq!(scene.prizes_payable().await, 90_000);
    scene.ground.audit().await;
}

/// Eleven teams pay 50.00 each and build; the best ten go on, and the tie at place ten follows the stated rule: of the two with the same
/// score the one that is better in repair. The winner is who has the best test data of the ten; the eleventh, with better, wins nothing.
#[tokio::test]
async fn m4_the_best_ten_of_those_who_paid_go_on_by_the_stated_tie_rule_and_the_best_of_them_by_test_data_wins() {
    let scene = Scene::new().await;
    let mut rules = drill();
    rules.stages.remove(0);
    rules.stages[1].admits = Some(Shortlist { best: 10, stage: "prototype".into() });
    let rules = Rules {
        entry_fee: Some(EntryFee { amount: usd("50.00"), goes_to: FeeGoesTo::OperatingFund }),
        judges_needed: 1,
        prizes: vec![by_rank("Winner", "final", "900.00", 1, 1)],
        tie_rule: TieRule::Criterion { criterion: "repair".into() },
        ..rules
    };
    let challenge = scene.open(rules).await;
    scene.appoint_all(challenge.id).await;
    let (mut prototypes, mut finals) = (Vec::new(), Vec::new());
    for number in 0..12 {
        let team = scene.team(&format!("team-{number}")).await;
        let entrant = scene.enter(&challenge, team, 4).await;
        let draft = scene.draft(challenge.id, team, "prototype", complete("prototype", &[]), 5).await.unwrap();
        if number == 11 {
            assert_eq!(refusal(scene.submit(&draft, team, 5).await), "fee-due", "the twelfth does not pay");
            continue;
        }
        scene.capture_fee(entrant.id, 5).await.unwrap();
        prototypes.push(scene.submit(&draft, team, 6).await.unwrap());
        finals.push(scene.hand_in(&challenge, team, "final", &[]).await);
    }
    scene.settle_fees(8).await;
    assert_eq!(scene.balance("liabilities:entry-fees:drill").await, 55_000, "eleven times 50.00");
    scene.advance(challenge.id, 93).await;
    // Test data counts three times, repair once: 60 and 60 are as much as 58 and 66.
    for (number, prototype) in prototypes.iter().enumerate() {
        let points = match number {
            9 => [60, 60],
            10 => [58, 66],
            _ => [90, 90],
        };
        scene.score(scene.judges[0], prototype, points, 94).await.unwrap();
    }
    for (number, last) in finals.iter().enumerate() {
        let test_data = [80, 99][usize::from(number == 9)];
        let test_data = if number == 4 { 85 } else { test_data };
        scene.score(scene.judges[0], last, [test_data, 50], 94).await.unwrap();
    }
    let (id, wall) = (challenge.id, scene.ground.day(95));
    scene.ground.run(async |tx| judging::rank(tx, id, scene.change(), wall).await).await.unwrap();
    let client = scene.ground.client().await;
    let mut places = Vec::new();
    for work in [&prototypes[10], &prototypes[9], &finals[4], &finals[10]] {
        places.push(rows::get(&client, work.id).await.unwrap().placed.map(|placed| (placed.place, placed.score)));
    }
    assert_eq!(places[..2], [Some((10, 6_000)), Some((11, 6_000))], "the same score, by repair");
    assert_eq!(places[2].map(|(place, _)| place), Some(1));
    assert!(places[3].is_some(), "the tenth is ranked among the last ten");
    let eleventh = rows::get(&client, finals[9].id).await.unwrap();
    assert_eq!(eleventh.placed, None, "who is not among the ten is not ranked, whatever its test data");
    let (_, awards) = scene.award(challenge.id, 109).await.unwrap();
    let won: Vec<_> = awards.iter().map(|award| (award.submission, award.amount)).collect();
    assert_eq!(won, [(finals[4].id, usd("900.00"))]);
    assert_eq!(scene.balance("equity:operating:drill").await, 55_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn l12_a_partner_takes_the_fees_of_those_teams_only_that_named_it() {
    let scene = Scene::new().await;
    let fee = EntryFee { amount: usd("50.00"), goes_to: FeeGoesTo::OperatingFund };
    let challenge = scene.open(Rules { entry_fee: Some(fee), ..small() }).await;
    let (partner, wall) = (scene.ground.partner, scene.ground.day(4));
    let enter = async |name: &str, collector| {
        let team = scene.team(name).await;
        let ground = &scene.ground;
        ground
            .run(async |tx| {
                submissions::enter(tx, entry(challenge.id, team.id, challenge.rules, collector), team.member, wall)
                    .await
            })
            .await
    };
    let capture = async |entrant: &entrant::Entrant, by, reference: &str| {
        let (id, actor) = (entrant.id, Actor::Partner(by));
        scene.ground.run(async |tx| submissions::capture_fee(tx, id, by, reference, actor, None, wall).await).await
    };
    let (own, of_host) = (enter("ada", Some(partner)).await.unwrap(), enter("bea", None).await.unwrap());
    assert!(matches!(capture(&of_host, partner, "card 1").await, Err(Error::NotFound(_))), "the host takes it");
    let other = scene.ground.another_partner(true).await;
    assert!(matches!(capture(&own, other, "card 1").await, Err(Error::NotFound(_))), "another partner takes it");
    capture(&own, partner, "card 1").await.unwrap();
    let unknown = scene.ground.another_partner(false).await;
    let refused = enter("cem", Some(unknown)).await;
    assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == "/collector"), "{refused:?}");
}

#[tokio::test]
async fn t11_a_fee_reported_in_time_counts_though_it_is_written_down_later_and_its_day_has_been_paid_over() {
    let scene = Scene::new().await;
    let fee = EntryFee { amount: usd("50.00"), goes_to: FeeGoesTo::Teams };
    let challenge = scene.open(Rules { entry_fee: Some(fee), ..small() }).await;
    let (reported, later) = (scene.ground.day(92), scene.ground.day(95));
    let capture = async |team: &str, kept_since, wall| {
        let entrant = scene.enter(&challenge, scene.team(team).await, 4).await.id;
        let (partner, actor) = (scene.ground.book.organisation, Actor::Person(scene.ground.owner));
        scene
            .ground
            .run(async |tx| submissions::capture_fee(tx, entrant, partner, team, actor, kept_since, wall).await)
            .await
    };
    capture("ada", None, reported).await.unwrap();
    let owner = scene.ground.database_owner().await;
    let settlement = owner.query_one("SELECT settlement FROM entrant WHERE settlement IS NOT NULL", &[]).await.unwrap();
    let settlement = ledger::id::SettlementId::new(scene.ground.book.id, settlement.get(0));
    scene.ground.run(async |tx| settlements::settle(tx, settlement, scene.ground.day(94)).await).await.unwrap();

    assert_eq!(refusal(capture("ben", None, later).await), "challenge-takes-no-entries");
    let kept = capture("eve", Some(reported), later).await.unwrap();
    let posted = "SELECT t.effective, s.day FROM entrant e JOIN transfer t ON t.pos >> 16 = e.entry
                    JOIN settlement s ON s.id = e.settlement WHERE e.id = $1";
    let posted = owner.query_one(posted, &[&kept.id.object]).await.unwrap();
    let day = |moment| scene.ground.book.day_of(moment);
    let (effective, paid_over_with): (jiff::civil::Date, jiff::civil::Date) = (posted.get(0), posted.get(1));
    assert_eq!((effective, paid_over_with), (day(reported), day(later)));
    scene.ground.audit().await;
}

#[tokio::test]
async fn what_nobody_won_goes_back_to_the_sponsors_pro_rata() {
    let scene = Scene::new().await;
    let funding = scene.challenge(small()).await;
    let third = scene.give(&funding, 0, "300.00", 0).await.unwrap();
    let rest = scene.give(&funding, 1, "600.00", 0).await.unwrap();
    assert_eq!(third.capture.as_ref().unwrap().settlement, rest.capture.as_ref().unwrap().settlement);
    scene.settle(&third, 2).await;
    scene
        .ground
        .run(async |tx| challenges::announce(tx, funding.id, scene.change(), scene.ground.day(2)).await)
        .await
        .unwrap();
    scene
        .ground
        .run(async |tx| challenges::open(tx, funding.id, scene.change(), scene.ground.day(3)).await)
        .await
        .unwrap();
    scene.advance(funding.id, 93).await;
    assert_eq!(scene.advance(funding.id, 123).await.state.as_str(), "provisional");
    let over = scene.advance(funding.id, 137).await;
    assert_eq!(over.state.as_str(), "no_award");
    assert_eq!(scene.balance("liabilities:purse:drill").await, 0);
    assert_eq!(scene.balance(&format!("liabilities:refunds:{}", scene.ground.book.organisation)).await, 90_000);
    let client = scene.ground.client().await;
    let back = async |given: &Contribution| contributions::get(&client, given.id).await.unwrap().returned;
    assert_eq!((back(&third).await, back(&rest).await), (30_000, 60_000));
    scene.ground.audit().await;
}

#[tokio::test]
async fn racing_sponsors_never_overfill_a_purse_and_racing_workers_award_once() {
    let scene = Scene::new().await;
    let challenge = scene.challenge(small()).await;
    let (first, second) = tokio::join!(scene.give(&challenge, 0, "900.00", 0), scene.give(&challenge, 1, "900.00", 0));
    let (given, refused) = if first.is_ok() { (first, second) } else { (second, first) };
    assert_eq!(refusal(refused), "purse-full");
    scene.settle(&given.unwrap(), 2).await;
    scene
        .ground
        .run(async |tx| challenges::announce(tx, challenge.id, scene.change(), scene.ground.day(2)).await)
        .await
        .unwrap();
    scene
        .ground
        .run(async |tx| challenges::open(tx, challenge.id, scene.change(), scene.ground.day(3)).await)
        .await
        .unwrap();
    let team = scene.team("ada").await;
    scene.enter(&challenge, team, 4).await;
    let good = scene.hand_in(&challenge, team, "final", &[]).await;
    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    for judge in &scene.judges {
        scene.score(*judge, &good, [50, 50], 94).await.unwrap();
    }
    scene.advance(challenge.id, 123).await;
    let (one, two, three) = tokio::join!(
        scene.advance(challenge.id, 137),
        scene.advance(challenge.id, 137),
        scene.award(challenge.id, 137)
    );
    assert_eq!((one.state.as_str(), two.state.as_str()), ("awarded", "awarded"));
    assert_eq!(three.unwrap().1.len(), 1);
    assert_eq!(scene.prizes_payable().await, 90_000);
    scene.ground.audit().await;
}

//! How the money of challenges ends: prizes that are paid out, and purses that go on into an extension once.

use super::{Scene, by_rank, small};
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::challenges::operations::challenges;
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::rulebook::{Rules, Unawarded};
use ledger::challenges::store::contributions;
use ledger::id::{BankAccountId, PayoutId, PersonId};
use ledger::money::Currency;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::payouts::{self, NewPayout};
use ledger::payouts::operations::sandbox_bank;
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payout::Screening;
use ledger::payouts::store::bank_accounts::{self as accounts, Sealed};
use ledger::testing::{Team, refusal, usd};

/// Where prizes are on their way to their teams, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prizes {
    /// Owed, and not sent.
    pub(super) payable: i64,
    /// Sent, and not yet told of by the bank.
    pub(super) in_transit: i64,
    /// Settled, and not come back.
    pub(super) paid: i64,
}

impl Scene {
    /// A team says where it is paid. By the last four characters the bank of the sandbox does what it does.
    pub(super) async fn bank_account(&self, team: Team, last_four: &str) {
        let new = NewBankAccount {
            id: BankAccountId::generate(self.ground.book.id),
            payee: team.id.into(),
            currency: Currency::USD,
            country: "US".into(),
            last_four: last_four.into(),
            sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
        };
        let propose = async |tx: &Transaction<'_>| {
            bank_accounts::propose(tx, new, "secret", team.member, self.ground.wall).await.map(drop)
        };
        self.ground.run(propose).await.unwrap();
    }

    /// What a team has won is asked for, approved, screened, sent and handed to the bank; all of it when no amount is named.
    pub(super) async fn pay(
        &self,
        team: Team,
        amount: Option<&str>,
        approver: PersonId,
        day: i64,
    ) -> Result<(), Error> {
        let (ground, owner, wall) = (&self.ground, self.ground.owner, self.ground.day(day));
        let new = NewPayout {
            book: ground.book.id,
            owed: Owed::Prize(team.id),
            currency: Currency::USD,
            amount: amount.map(usd),
            release: None,
            custodian: None,
            cash: String::new(),
            memo: String::new(),
        };
        let asked = ground.run(async |tx| payouts::request(tx, new, owner, wall).await).await?;
        let client = ground.client().await;
        let account = accounts::active(&client, ground.book.id, asked.payee, Currency::USD).await?.unwrap();
        drop(client);
        let seen = asked.digest(&account);
        let approved = ground.run(async |tx| payouts::approve(tx, asked.id, seen, approver, wall).await).await?;
        let screen = async |tx: &Transaction<'_>| {
            payouts::screened(tx, asked.id, approved.approval, (Screening::Clear, ""), wall).await
        };
        ground.run(screen).await?;
        ground.run(async |tx| payouts::send(tx, asked.id, owner, wall).await).await?;
        ground.run(async |tx| sandbox_bank::hand_over(tx, asked.id, wall).await).await
    }

    /// The bank tells of all that was sent, and sends back what it sends back.
    pub(super) async fn bank_tells(&self, day: i64) -> Result<(), Error> {
        let (ground, wall) = (&self.ground, self.ground.day(day));
        let sent = "SELECT p.id, p.state = 'settled' FROM payout p JOIN bank_account b ON b.book_id = p.book_id AND b.id = p.bank_account
                     WHERE (p.state = 'sent' AND b.last_four <> '0005') OR (p.state = 'settled' AND b.last_four IN ('0002', '0004'))";
        for row in ground.database_owner().await.query(sent, &[]).await? {
            let (id, comes_back) = (PayoutId::new(ground.book.id, row.get(0)), row.get(1));
            ground.run(async |tx| sandbox_bank::answer(tx, id, comes_back, wall).await).await?;
        }
        Ok(())
    }

    pub(super) async fn prizes(&self) -> Prizes {
        let paid =
            "SELECT coalesce(sum(amount - returned), 0)::bigint FROM payout WHERE state IN ('settled', 'returned')";
        Prizes {
            payable: self.prizes_payable().await,
            in_transit: self.ground.balance_below("liabilities:payouts:").await,
            paid: self.ground.client().await.query_one(paid, &[]).await.unwrap().get(0),
        }
    }

    /// Another challenge of the book that takes money: one prize.
    pub(super) async fn extension(&self, slug: &str, amount: &str, unawarded: Unawarded, day: i64) -> Challenge {
        let mut rules = Rules { unawarded, ..small() };
        rules.prizes[0].amount = usd(amount);
        let new = challenges::NewChallenge {
            book: self.ground.book.id,
            slug: slug.into(),
            title: "The drill once more".into(),
            summary: String::new(),
            purse: usd(amount),
            rules,
        };
        let (owner, wall) = (self.ground.owner, self.ground.day(day));
        let draft = self.ground.run(async |tx| challenges::create(tx, new, owner, wall).await).await.unwrap();
        self.ground.run(async |tx| challenges::publish(tx, draft.id, self.change(), wall).await).await.unwrap()
    }
}

/// A purse of 900.00 by two sponsors that nobody won, on day 137.
async fn nobody_won(scene: &Scene) -> Challenge {
    let rolling = scene.challenge(Rules { unawarded: Unawarded::RollOver, rollover_days: Some(300), ..small() }).await;
    for (sponsor, amount) in [(0, "600.00"), (1, "300.00")] {
        let given = scene.give(&rolling, sponsor, amount, 0).await.unwrap();
        if sponsor == 1 {
            scene.settle(&given, 2).await;
        }
    }
    let wall = scene.ground.day(3);
    scene.ground.run(async |tx| challenges::announce(tx, rolling.id, scene.change(), wall).await).await.unwrap();
    scene.ground.run(async |tx| challenges::open(tx, rolling.id, scene.change(), wall).await).await.unwrap();
    for day in [93, 123, 137] {
        scene.advance(rolling.id, day).await;
    }
    rolling
}

#[tokio::test]
async fn f4_a_purse_rolls_over_once_by_what_each_sponsor_gave_and_goes_back_when_nobody_wins_the_extension() {
    let scene = Scene::new().await;
    let from = nobody_won(&scene).await;
    let forever = scene.extension("forever", "100.00", Unawarded::RollOver, 138).await;
    assert_eq!(refusal(scene.roll_over(from.id, forever.id, 138).await), "rolls-twice");
    let to = scene.extension("again", "500.01", Unawarded::ReturnToSponsors, 138).await;
    scene.roll_over(from.id, to.id, 138).await.unwrap();
    let client = scene.ground.client().await;
    let carried = contributions::captured(&client, to.id).await.unwrap();
    let parts: Vec<_> = carried.iter().map(|part| (part.sponsor, part.amount.minor())).collect();
    assert_eq!(
        parts,
        [(scene.sponsors[0], 33_334), (scene.sponsors[1], 16_667)],
        "two thirds and one third, to the cent"
    );

    // What its rules promise for what nobody wins there stays.
    let owner = scene.ground.owner;
    let other = Rules { unawarded: Unawarded::RollOver, ..small() };
    let mut other = Rules { terms: "Other terms.".into(), ..other };
    other.prizes[0].amount = usd("500.01");
    let wall = scene.ground.day(139);
    let changed =
        scene.ground.run(async |tx| challenges::replace_rules(tx, to.id, to.purse, other, owner, wall).await).await;
    assert_eq!(refusal(changed), "rolls-twice");

    // Nobody says in the service's name that it went on, or back, twice.
    let twice = "INSERT INTO purse_contribution (book_id, id, challenge, sponsor, partner, reference, amount, currency, rules_version,
                                                 rules_sha256, state, created_at, rolled_from, entry, is_agreed)
                 SELECT book_id, gen_random_uuid(), challenge, sponsor, partner, 'twice', amount, currency, rules_version, rules_sha256,
                        'settled', created_at, rolled_from, entry, false FROM purse_contribution WHERE rolled_from IS NOT NULL LIMIT 1";
    let why = client.batch_execute(twice).await.unwrap_err();
    let why = why.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
    assert!(why.contains("no posting carried"), "{why}");
    for sql in [
        "UPDATE purse_contribution SET rolled = 0 WHERE rolled > 0",
        "UPDATE purse_contribution SET rolled = rolled + 1 WHERE rolled > 0",
        "UPDATE purse_contribution SET rolled = rolled - 1 WHERE rolled > 0",
        "UPDATE purse_contribution SET rolled = 1 WHERE rolled_from IS NOT NULL",
    ] {
        assert!(client.batch_execute(sql).await.is_err(), "{sql}");
    }

    // The extension is opened, nobody works on it, and all goes back to whom it came from.
    let step = async |day: i64| scene.advance(to.id, day).await.state.as_str();
    scene.ground.run(async |tx| challenges::announce(tx, to.id, scene.change(), wall).await).await.unwrap();
    scene.ground.run(async |tx| challenges::open(tx, to.id, scene.change(), wall).await).await.unwrap();
    assert_eq!([step(228).await, step(229).await, step(259).await], ["open", "judging", "provisional"]);
    assert_eq!((step(272).await, step(273).await), ("provisional", "no_award"));
    assert_eq!(scene.balance("liabilities:purse:again").await, 0);
    let back = contributions::captured(&client, to.id).await.unwrap();
    assert_eq!(back.iter().map(|part| part.returned).collect::<Vec<_>>(), [33_334, 16_667]);
    assert!(
        client.batch_execute("UPDATE purse_contribution SET returned = returned - 1 WHERE returned > 1").await.is_err()
    );
    assert_eq!(scene.advance(from.id, 437).await.rolls_until, None, "and what waited longer than its time");
    assert_eq!(scene.balance("liabilities:purse:drill").await, 0);
    let refunds = format!("liabilities:refunds:{}", scene.ground.book.organisation);
    assert_eq!(scene.balance(&refunds).await, 90_000, "not a cent was lost");
    scene.ground.audit().await;
}

#[tokio::test]
async fn m1_a_challenge_that_was_published_as_underfunded_opens_and_its_prizes_share_what_there_is() {
    let scene = Scene::new().await;
    let prizes = vec![by_rank("First", "final", "600.00", 1, 1), by_rank("Second", "final", "300.00", 2, 2)];
    let funding = scene.challenge(Rules { prizes, underfunded: true, ..small() }).await;
    let wall = scene.ground.day(3);
    scene.ground.run(async |tx| challenges::announce(tx, funding.id, scene.change(), wall).await).await.unwrap();
    let open = async || scene.ground.run(async |tx| challenges::open(tx, funding.id, scene.change(), wall).await).await;
    assert_eq!(refusal(open().await), "purse-short", "nothing has settled");
    let given = scene.give(&funding, 0, "100.01", 0).await.unwrap();
    scene.settle(&given, 2).await;
    let opened = open().await.unwrap();
    assert_eq!(refusal(scene.give(&funding, 1, "1.00", 4).await), "challenge-not-funding");
    let [(first, _), (second, _)] = scene.two_ranked(&opened).await;
    let (_, awards) = scene.award(funding.id, 109).await.unwrap();
    let won: Vec<_> = awards.iter().map(|award| (award.team, award.amount)).collect();
    assert_eq!(won, [(first.id, usd("66.67")), (second.id, usd("33.34"))], "66.673 and 33.336 of 100.01");
    assert_eq!(scene.balance("liabilities:purse:drill").await, 0);
    scene.ground.audit().await;
}

//! Receipts of years: of the same gifts as the single ones, once each, numbered without a gap, and never edited.

use super::scene::Scene;
use jiff::civil::date;
use ledger::Error;
use ledger::id::{ChargeId, DonorId, PledgeId};
use ledger::pledging::operations::pledges::{AskedDonor, PlacePledge};
use ledger::pledging::operations::refunds::{self, Ask};
use ledger::pledging::operations::yearly_receipts::{issue_due, reissue, request, shown};
use ledger::pledging::operations::{charges, receipts};
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::yearly_receipt::{Back, ShownYear, YearlyReceipt};
use ledger::pledging::store::yearly_receipts as store;
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, refusal, usd};
use uuid::Uuid;

impl Scene {
    /// Every captured charge of a pledge gets its receipt, as by the job that mails it.
    async fn receipted(&self, pledge: PledgeId) -> DonorId {
        for charge in self.charges(pledge).await {
            self.ground.run(async |tx| receipts::issue(tx, charge.id, self.ground.wall).await).await.unwrap();
        }
        self.pledge(pledge).await.donor
    }

    async fn issue_due(&self, year: i32, page: usize) -> usize {
        let (book, as_of, wall) = (self.ground.book.id, self.ground.book.start_of(date(2028, 1, 6)), self.ground.wall);
        self.ground.run(async |tx| issue_due(tx, book, (year, as_of), (None, page), wall).await).await.unwrap()
    }

    async fn of_year(&self, donor: DonorId, year: i32) -> Result<Vec<YearlyReceipt>, Error> {
        self.ground.run(async |tx| request(tx, donor, year, self.ground.wall).await).await
    }

    async fn another(&self, donor: DonorId) -> Result<Vec<YearlyReceipt>, Error> {
        let (change, wall) = (Change::by_service("asked for"), self.ground.wall);
        self.ground.run(async |tx| reissue(tx, donor, 2027, change, wall).await).await
    }

    async fn read(&self, receipt: &YearlyReceipt) -> ShownYear {
        shown(&self.ground.client().await, receipt.clone()).await.unwrap()
    }

    async fn list(&self, donor: DonorId) -> Vec<String> {
        let list = store::list(&self.ground.client().await, donor, Uuid::nil(), 100).await.unwrap();
        list.iter().map(|receipt| receipt.number.to_string()).collect()
    }

    async fn give_back(&self, charge: ChargeId, amount: &str) {
        let ask = Ask { charge, amount: Some(usd(amount)), reference: None, from: None };
        let (change, wall) = (Change::by_service("asked for"), self.ground.wall);
        self.ground.run(async |tx| refunds::request(tx, ask, change, wall).await).await.unwrap();
    }

    fn of(&self, donor: &str, asked: PlacePledge) -> PlacePledge {
        PlacePledge { donor: AskedDonor { reference: donor.into(), ..asked.donor.clone() }, ..asked }
    }
}

/// What was given, what had come back then and what has by now, in minor units.
fn sums(shown: &ShownYear) -> Vec<(i128, i128, i128)> {
    shown.sums.iter().map(|sum| (sum.given, sum.then.refunded, sum.now.refunded)).collect()
}

#[tokio::test]
async fn a_year_has_one_receipt_a_donor_and_custodian_of_the_same_gifts_and_shows_what_changed_since_beside_it() {
    let mut scene = Scene::on(date(2027, 11, 30)).await;
    let plan = scene.place(scene.ask("plan", "30.00", MONTHLY, "card")).await.unwrap().pledge;
    let single = scene.place(scene.of("fan-2", scene.ask("single", "5.00", ONCE, "card"))).await.unwrap().pledge;
    let own = PlacePledge { rail: Rail::Partner, ..scene.ask("own", "7.00", ONCE, "") };
    let own = scene.place(own).await.unwrap().pledge;
    let early = refusal(scene.of_year(plan.donor, 2027).await);
    scene.go_to(date(2027, 12, 31)).await;
    for pledge in [plan.id, single.id] {
        scene.receipted(pledge).await;
    }
    let gifts = scene.charges(plan.id).await;
    assert_eq!((early, gifts.len()), ("year-not-over", 2));
    scene.give_back(gifts[0].id, "4.00").await;

    // The job comes late: it speaks as of when it was due, and what went back since stands beside it.
    scene.go_to(date(2028, 1, 20)).await;
    scene.give_back(gifts[1].id, "1.00").await;
    assert_eq!(
        (scene.issue_due(2027, 9).await, scene.issue_due(2027, 9).await, scene.issue_due(2026, 9).await),
        (1, 0, 0)
    );
    let [issued] = &scene.of_year(plan.donor, 2027).await.unwrap()[..] else { panic!("one custodian") };
    assert_eq!(issued.issued_at, scene.ground.book.start_of(date(2028, 1, 6)));
    let first = scene.read(issued).await;
    assert_eq!((issued.number.to_string().as_str(), first.count), ("2027-Y1", 2));
    assert_eq!(sums(&first), [(6_000, 400, 500)]);
    assert_eq!(first.sums[0].lines, [("gift".to_owned(), 6_000)]);
    assert_eq!(first.items[1].then, Back::default());
    assert!(first.has_changed() && first.late.is_empty());
    assert!(issued.tax_text.contains("no certificate"), "{}", issued.tax_text);

    // Who gave once has it when they ask, with the next number, and the same one each time.
    let asked = scene.of_year(single.donor, 2027).await.unwrap();
    assert_eq!(asked[0].number.to_string(), "2027-Y2");
    assert_eq!(scene.of_year(single.donor, 2027).await.unwrap(), asked);
    assert_eq!(refusal(scene.of_year(single.donor, 2026).await), "nothing-given");
    assert_eq!(refusal(scene.another(single.donor).await), "yearly-receipt-unchanged");

    // A capture of that year comes in later: it is in none of the sums, but beside them.
    let (charge, partner, wall) = (scene.charges(own.id).await[0].id, scene.ground.partner, scene.ground.wall);
    let then = scene.ground.book.start_of(date(2027, 12, 30));
    let ground = &scene.ground;
    ground
        .run(async |tx| charges::capture_reported(tx, charge, partner, "evt", "pay", Some(then), wall).await)
        .await
        .unwrap();
    scene.receipted(own.id).await;
    assert_eq!(
        scene.of_year(plan.donor, 2027).await.unwrap(),
        std::slice::from_ref(issued),
        "the year has its receipt"
    );
    let after = scene.read(issued).await;
    assert_eq!((sums(&after), after.late.len()), (sums(&first), 1));

    // The host asks for another edition of what has changed: the first stays as it was.
    let second = scene.another(plan.donor).await.unwrap();
    let [second] = &second[..] else { panic!("one custodian") };
    assert_eq!(second.number.to_string(), "2027-Y1/2");
    let second = scene.read(second).await;
    assert_eq!((second.count, sums(&second), second.has_changed()), (3, vec![(6_700, 500, 500)], false));
    assert_eq!(scene.read(issued).await, after);
    assert_eq!(scene.list(plan.donor).await, ["2027-Y1", "2027-Y1/2"]);
    assert_eq!(scene.of_year(plan.donor, 2027).await.unwrap(), [second.receipt], "the last edition");

    let owner = scene.ground.database_owner().await;
    for edit in ["UPDATE yearly_receipt SET year = 2026", "DELETE FROM yearly_receipt_item"] {
        assert!(owner.execute(edit, &[]).await.is_err(), "{edit}");
    }
    let twice = "INSERT INTO yearly_receipt_item SELECT y.id, i.receipt, 0, 0, y.book_id, y.edition
                   FROM yearly_receipt y, yearly_receipt_item i WHERE y.number = 2 AND i.edition = 1 LIMIT 1";
    let service = migrations::connect(&scene.ground.database.service_url.parse().unwrap()).await.unwrap();
    assert!(service.execute(twice, &[]).await.is_err(), "a gift is in one receipt of an edition");
    scene.ground.audit().await;
}

#[tokio::test]
async fn the_receipts_of_many_donors_are_issued_a_page_at_a_time_by_a_job_that_the_first_capture_of_the_year_left() {
    let mut scene = Scene::on(date(2027, 12, 30)).await;
    let mut given = Vec::new();
    for donor in 0..4 {
        for gift in 0..2 {
            let asked = scene.ask(&format!("gift-{donor}-{gift}"), "10.00", ONCE, "card");
            given.push(scene.place(scene.of(&format!("fan-{donor}"), asked)).await.unwrap().pledge.id);
        }
    }
    scene.work().await;
    for pledge in given {
        scene.receipted(pledge).await;
    }
    let owner = scene.ground.database_owner().await;
    let job = "SELECT payload ->> 'year', due_at::text FROM job WHERE kind = 'issue_yearly_receipts'";
    let left = owner.query(job, &[]).await.unwrap();
    let due = scene.ground.book.start_of(date(2028, 1, 6));
    assert_eq!((left.len(), left[0].get::<_, &str>(0)), (1, "2027"));
    let same = "SELECT count(*) FROM job WHERE kind = 'issue_yearly_receipts' AND due_at = $1
                   AND (payload ->> 'as_of')::timestamptz = due_at";
    assert_eq!(owner.query_one(same, &[&due]).await.unwrap().get::<_, i64>(0), 1);
    owner.execute("UPDATE donor SET email = '' WHERE reference = 'fan-2'", &[]).await.unwrap();

    scene.go_to(date(2028, 1, 7)).await;
    assert_eq!(scene.issue_due(2027, 2).await, 2);
    assert_eq!(scene.issue_due(2027, 2).await, 1, "the one without an address is not asked for");
    let counts = "SELECT count(*), count(DISTINCT number), max(number)::bigint,
                         (SELECT count(*) FROM job WHERE kind = 'send_yearly_receipt'),
                         (SELECT count(*) FROM job WHERE kind = 'issue_yearly_receipts')
                    FROM yearly_receipt";
    let row = owner.query_one(counts, &[]).await.unwrap();
    let counts: Vec<i64> = (0..5).map(|column| row.get(column)).collect();
    assert_eq!(counts, [3, 3, 3, 3, 2], "each has a mail, and a full page another job");
}

//! The first kind of money: a year of pledges, which pay for nine products.

use super::{Story, sum};
use crate::demo::cast::{Cast, pledge_body, usd};
use crate::demo::client::{Answer, Client, text};
use crate::demo::literals::Literals;
use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::{Date, date};
use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many pledges the partner sends at once.
const AT_ONCE: usize = 8;

/// What each product costs, USD.
const PRODUCT_COST: &str = "4000.00";

/// The products of the year, and one more that nobody has paid for.
const PRODUCTS: [&str; 10] = [
    "Earth-block press",
    "Solar turbine",
    "Sawmill",
    "Power cube",
    "Soil pulverizer",
    "Backhoe",
    "Bread oven",
    "Plastic recycler",
    "Induction furnace",
    "Cement mixer",
];

/// Something to do before the clock moves to a month, such as a test that kills the worker in it.
pub type BeforeMonth<'a> = &'a (dyn Fn(i8) -> anyhow::Result<()> + Sync);

/// Plays the year, and answers its campaign.
pub async fn play(story: &Story, before_month: BeforeMonth<'_>) -> anyhow::Result<Value> {
    let goal = &story.teller.literals.goal;
    let campaign = story.cast.campaign("open-product-development", "Open product development", goal).await?;
    let (cast, literals) = (&story.cast, &story.teller.literals);
    let donors = literals.donors.parse().context("how many donors there are is a number")?;
    Year { story, cast, literals, donors, campaign: &campaign }.play(before_month).await?;
    Ok(campaign)
}

/// A year of crowdfunding.
struct Year<'a> {
    story: &'a Story,
    cast: &'a Cast,
    literals: &'a Literals,
    donors: usize,
    campaign: &'a Value,
}

impl Year<'_> {
    async fn play(&self, before_month: BeforeMonth<'_>) -> anyhow::Result<()> {
        let first_day = date(Zoned::now().date().year() + 1, 1, 1);
        self.cast.advance(first_day.saturating_sub(1.day())).await?;
        self.pledges(first_day).await?;
        self.refusals(first_day).await?;
        let programme = self.programme(first_day).await?;
        let mut products = 0;
        for month in 1..=12i8 {
            before_month(month)?;
            let due = date(first_day.year(), month, 1);
            self.story.teller.progress.month(month);
            self.cast.advance(due).await?;
            self.cast.advance(due.saturating_add(3.days())).await?;
            self.month_is_settled(month).await?;
            while products < 9 && self.available().await? >= 400_000 {
                self.product(PRODUCTS[products]).await?;
                products += 1;
            }
        }
        self.cast.advance(date(first_day.year(), 12, 31)).await?;
        self.story.equal("products that were paid for", products.to_string(), self.literals.products.as_str())?;
        self.spent(&programme).await?;
        self.board().await?;
        self.closes().await
    }

    /// The host plans the year: what the fund pays for, and who works for it.
    async fn programme(&self, first_day: Date) -> anyhow::Result<String> {
        let fund = "liabilities:fund:open-product-development";
        let new = json!({
            "name": "Nine products", "first_month": first_day, "months": 12,
            "about": "Each is designed, built from its drawings by somebody else, and published.",
            "lines": [{"name": "Products", "account": fund, "amount": usd("36000.00")}],
            "sources": [fund],
            "places": [{"title": "Reviewers", "people": 2}],
        });
        let opened = self.cast.treasurer.post(&format!("/v1/books/{}/programmes", self.cast.book), &new).await?.ok()?;
        let path = format!("/v1/programmes/{}", text(&opened, "/id")?);
        for _ in &self.cast.reviewers {
            let begins = json!({"place": 1, "starts_on": first_day});
            self.cast.treasurer.post(&format!("{path}/hires"), &begins).await?.ok()?;
        }
        Ok(path)
    }

    /// The plan of the year, held against what was released.
    async fn spent(&self, programme: &str) -> anyhow::Result<()> {
        let report = self.cast.treasurer.get(&format!("{programme}/report")).await?.ok()?;
        let planned = text(&report, "/planned/amount")?;
        self.story.equal("spent of the programme", text(&report, "/spent/amount")?, planned)?;
        self.story.equal("its reviewers", report["staff"][0]["working"].as_u64(), Some(2))
    }

    /// The partner sends its donors; one of them twice.
    async fn pledges(&self, start: Date) -> anyhow::Result<()> {
        let monthly = &self.literals.monthly;
        self.story.teller.progress.say(&format!("the partner sends {} donors of {monthly} USD a month", self.donors));
        let path = self.pledges_path()?;
        let sent: Vec<Answer> = stream::iter(1..=self.donors)
            .map(|number| {
                let path = &path;
                async move {
                    let body = pledge_body(self.campaign, number, monthly, start)?;
                    self.cast.partner.post(path, &body).await
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for answer in &sent {
            self.story.equal("a new pledge", answer.status.as_u16(), 201)?;
        }
        let listed = self.cast.partner.all(&path).await?;
        self.story.equal("pledges", listed.len(), self.donors)?;
        let totals = self.totals().await?;
        self.story.equal("pledged a month", text(&totals, "/monthly/amount")?, self.literals.goal.as_str())
    }

    /// What must be refused, each as it should.
    async fn refusals(&self, start: Date) -> anyhow::Result<()> {
        self.story.teller.progress.say("what must be refused is refused");
        let (cast, path) = (self.cast, self.pledges_path()?);
        let key = Uuid::now_v7().to_string();
        let again = pledge_body(self.campaign, 1, &self.literals.monthly, start)?;
        let first = cast.partner.post_keyed(&path, &again, &key).await?;
        let second = cast.partner.post_keyed(&path, &again, &key).await?;
        self.story.equal("the same pledge with a new key", first.status.as_u16(), 200)?;
        self.story.equal(
            "the same pledge with the same key",
            (second.status.as_u16(), second.replayed),
            (200, true),
        )?;
        self.story.equal("one pledge", text(&second.body, "/id")?, text(&first.body, "/id")?)?;
        self.story.equal("pledges after it", cast.partner.all(&path).await?.len(), self.donors)?;

        let other = pledge_body(self.campaign, 2, &self.literals.monthly, start)?;
        let reused = cast.partner.post_keyed(&path, &other, &key).await?;
        self.story.refused("the same key with another body", &reused, 422, "idempotency-key-reused")?;

        let read = cast.stranger.get(&format!("/v1/books/{}", cast.book)).await?;
        self.story.refused("a stranger who reads the book", &read, 404, "not-found")?;

        let fine = pledge_body(self.campaign, self.donors + 1, "30.001", start)?;
        let fine = cast.partner.post(&path, &fine).await?;
        self.story.refused("30.001 USD", &fine, 422, "invalid")?;
        self.story.equal("the field that is wrong", text(&fine.body, "/errors/0/pointer")?, "/amount/amount")
    }

    /// Every donor was charged once this month, and the month was settled once.
    async fn month_is_settled(&self, month: i8) -> anyhow::Result<()> {
        let charges = self.donors * usize::try_from(month)?;
        if month == 1 {
            self.story.equal(
                "charges in the first month",
                charges.to_string(),
                self.literals.charges_first_month.as_str(),
            )?;
        }
        self.story.equal("receipts so far", self.cast.receipts()?, charges)?;
        let totals = self.totals().await?;
        let brought = format!("{}.00", 3_000 * u32::try_from(month)?);
        self.story.equal("collected so far", text(&totals, "/collected/amount")?, brought.as_str())?;
        self.story.equal("settled so far", text(&totals, "/settled/amount")?, brought.as_str())?;
        let entries = self.entries("receivable_settled").await?;
        self.story.equal("settlements so far", entries, usize::try_from(month)?)
    }

    /// A product: a milestone that is funded, claimed with evidence, approved by two reviewers, and released by the worker.
    async fn product(&self, name: &str) -> anyhow::Result<()> {
        self.story.teller.progress.say(&format!("{name}: funded, claimed, reviewed"));
        let cast = self.cast;
        let milestone = self.milestone(name).await?;
        let product = self.on_the_board(name).await?;
        let pays = cast.treasurer.post(&format!("{product}/milestones"), &json!({"milestone": milestone})).await?;
        self.story.equal("a product that a milestone pays for", pays.status.as_u16(), 200)?;
        let path = format!("/v1/milestones/{milestone}");
        let funded = cast.treasurer.post(&format!("{path}:fund"), &json!({})).await?;
        self.story.equal("a funded milestone", funded.status.as_u16(), 200)?;
        let claim = cast.claimant.post(&format!("{path}/claims"), &claim_body(name)).await?.ok()?;
        let claim = format!("/v1/claims/{}", text(&claim, "/id")?);
        let submitted = cast.claimant.post(&format!("{claim}:submit"), &json!({})).await?.ok()?;
        let approval = approval(&submitted)?;
        let own = cast.claimant.post(&format!("{claim}/reviews"), &approval).await?;
        self.story.refused("an approval by the claimant", &own, 409, "own-claim")?;
        for reviewer in &cast.reviewers {
            reviewer.post(&format!("{claim}/reviews"), &approval).await?.ok()?;
        }
        let decided = cast.claimant.get(&claim).await?.ok()?;
        self.story.equal("a claim after two approvals", text(&decided, "/state")?, "approved")?;
        // Its design is published with the claim: what it takes to make it is next.
        let facility = json!({"to": "facility", "evidence": claim_body(name)["evidence"]});
        let advanced = cast.treasurer.post(&format!("{product}:advance"), &facility).await?;
        self.story.equal("a product in its second stage", advanced.status.as_u16(), 200)?;
        let news = json!({
            "about": milestone, "title": format!("{name}: it works"),
            "body": "The drawings and the list of parts are published with the claim.\n\nWhoever builds one: tell us what broke first.",
        });
        let told = cast.claimant.post("/v1/updates", &news).await?;
        self.story.equal("an update by the team", told.status.as_u16(), 201)
    }

    async fn on_the_board(&self, name: &str) -> anyhow::Result<String> {
        let new = json!({"name": name, "amount": usd(PRODUCT_COST)});
        let opened = self.cast.treasurer.post(&format!("/v1/books/{}/products", self.cast.book), &new).await?.ok()?;
        Ok(format!("/v1/products/{}", text(&opened, "/id")?))
    }

    /// The board at the end of the year: nine products are designed and paid for, and the tenth is not.
    async fn board(&self) -> anyhow::Result<()> {
        let tenth = self.on_the_board(PRODUCTS[9]).await?;
        let assumed = json!({
            "first": "30", "per_level": "20", "level": 2, "way": "compound", "benchmark": usd("100.00"),
            "note": "By what the first nine have saved; nobody has measured it yet",
        });
        let assumed = self.cast.treasurer.post(&format!("{tenth}/advantages"), &assumed).await?.ok()?;
        self.story.equal("what the tenth is assumed to save", text(&assumed, "/percent")?, "55.20")?;
        let board = self.cast.treasurer.get(&format!("/v1/books/{}/pipeline", self.cast.book)).await?.ok()?;
        let of = |place: usize| board["stages"][place]["products"].as_u64();
        self.story.equal("products in the stages design and facility", (of(0), of(1)), (Some(1), Some(9)))?;
        self.story.equal("what the board lacks", text(&board, "/lack/amount")?, PRODUCT_COST)?;
        self.story.equal("a product a week takes in a month", text(&board, "/forecast/weekly/amount")?, "17333.34")
    }

    /// What stands in the book at the end of the year.
    async fn closes(&self) -> anyhow::Result<()> {
        self.story.teller.progress.say("the year closes");
        let (cast, literals) = (self.cast, self.literals);
        let tenth = self.milestone(PRODUCTS[9]).await?;
        let funded = cast.treasurer.post(&format!("/v1/milestones/{tenth}:fund"), &json!({})).await?;
        self.story.refused("a tenth product with no money", &funded, 409, "fund-short")?;
        let news = json!({
            "about": text(self.campaign, "/id")?, "title": "Nine products in a year",
            "body": "Each was released after two reviewers had built from its drawings. The tenth waits for next year's pledges.",
        });
        let told = cast.treasurer.post("/v1/updates", &news).await?;
        self.story.equal("an update by the host", told.status.as_u16(), 201)?;

        let captured = self.entries("charge_captured").await?;
        self.story.equal("charges", captured.to_string(), literals.charges.as_str())?;
        self.story.equal("receipts", cast.receipts()?.to_string(), literals.receipts.as_str())?;
        let balance = cast.trial_balance().await?;
        self.story.equal("cash", sum(&balance, "assets:cash:", "debit")?, literals.cash.as_str())?;
        let owed = sum(&balance, "liabilities:payable:team:", "credit")?;
        self.story.equal("team payables", owed, literals.team_payables.as_str())?;
        self.story.equal("the fund", sum(&balance, "liabilities:fund:", "credit")?, literals.fund.as_str())?;
        let of_money = balance.iter().filter(|(code, ..)| !code.starts_with("equity:commitments:")).count();
        self.story.equal("accounts of money that do not stand at zero", of_money, 2)?;
        self.lineage().await
    }

    /// Whose money paid: every release is made up of pledges, and every pledge can say what it paid.
    async fn lineage(&self) -> anyhow::Result<()> {
        self.story.teller.progress.say("every cent is followed from its donor to what it paid");
        let cast = self.cast;
        let releases = cast.treasurer.all(&format!("/v1/releases?campaign={}", text(self.campaign, "/id")?)).await?;
        self.story.equal("releases", releases.len().to_string(), self.literals.products.as_str())?;
        for release in &releases {
            let path = format!("/v1/releases/{}/sources", text(release, "/id")?);
            let sources = cast.treasurer.all(&path).await?;
            self.story.equal("what pledges paid of a release, in cents", cents(&sources)?, 400_000)?;
        }
        let mut used = 0;
        for pledge in cast.partner.all(&self.pledges_path()?).await? {
            let path = format!("/v1/pledges/{}/uses", text(&pledge, "/id")?);
            used += cents(&cast.partner.all(&path).await?)?;
        }
        self.story.equal("what all pledges paid, in cents", used, 3_600_000)
    }

    async fn milestone(&self, name: &str) -> anyhow::Result<String> {
        let body = json!({
            "campaign": text(self.campaign, "/id")?, "team": self.cast.team, "name": name,
            "amount": usd(PRODUCT_COST),
            "policy": {"reviewers_needed": 2, "review_days": 14, "objection_days": 7, "on_silence": "escalate"},
            "gate": {"licence": true, "design_files": true},
        });
        let made = self.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
        Ok(text(&made, "/id")?.to_owned())
    }

    /// Settled money that is neither spent nor earmarked, in cents.
    async fn available(&self) -> anyhow::Result<i64> {
        let totals = self.totals().await?;
        Ok(text(&totals, "/available/amount")?.replace('.', "").parse()?)
    }

    async fn totals(&self) -> anyhow::Result<Value> {
        let path = format!("/v1/campaigns/{}/totals", text(self.campaign, "/id")?);
        self.cast.treasurer.get(&path).await?.ok()
    }

    /// How many journal entries of a kind the book has.
    async fn entries(&self, kind: &str) -> anyhow::Result<usize> {
        count_entries(&self.cast.treasurer, &self.cast.book, kind).await
    }

    fn pledges_path(&self) -> anyhow::Result<String> {
        Ok(format!("/v1/campaigns/{}/pledges", text(self.campaign, "/id")?))
    }
}

/// What the amounts of some items add up to, in cents.
fn cents(items: &[Value]) -> anyhow::Result<i64> {
    let each = items.iter().map(|item| Ok(text(item, "/amount/amount")?.replace('.', "").parse::<i64>()?));
    each.sum()
}

/// How many journal entries of a kind a book has.
pub async fn count_entries(by: &Client, book: &str, kind: &str) -> anyhow::Result<usize> {
    let entries = by.all(&format!("/v1/books/{book}/journal-entries")).await?;
    Ok(entries.iter().filter(|entry| entry["lines"][0]["kind"] == kind).count())
}

/// A claim of the whole amount, with the evidence that the milestone's gate asks for.
pub fn claim_body(name: &str) -> Value {
    let evidence = |kind: &str, title: &str, digit: &str, licence: Option<&str>| {
        json!({
            "kind": kind, "title": format!("{name}: {title}"), "url": format!("https://designs.example/{kind}"),
            "sha256": digit.repeat(64), "licence": licence,
        })
    };
    json!({
        "amount": usd(PRODUCT_COST), "note": format!("{name} is designed, built and tested."),
        "evidence": [
            evidence("design_files", "CAD files", "a", Some("CERN-OHL-S-2.0")),
            evidence("licence", "licence", "b", Some("CERN-OHL-S-2.0")),
            evidence("test_report", "test report", "c", None),
        ],
    })
}

/// An approval that restates the digests of a claim as it was read.
pub fn approval(claim: &Value) -> anyhow::Result<Value> {
    let evidence = claim["evidence"].as_array().context("a claim has evidence")?;
    let digests: Vec<&str> = evidence.iter().map(|item| text(item, "/sha256")).collect::<anyhow::Result<_>>()?;
    ensure!(!digests.is_empty(), "a claim of the story has evidence");
    Ok(json!({
        "verdict": "approve", "amount": claim["amount"], "claim_sha256": text(claim, "/sha256")?,
        "evidence_sha256": digests,
    }))
}

//! Payday: what a book owes goes to a bank by a file, and the bank's statement settles it.

use super::teller::Teller;
use super::{Story, sum};
use crate::demo::cast::{advance, bank_account, give_role, idle, join, today, trial_balance};
use crate::demo::client::{Client, text};
use anyhow::Context as _;
use jiff::ToSpan as _;
use serde_json::{Value, json};

/// Days after which the bank has paid, and its statement is there.
const PAID_AFTER: i64 = 2;

/// Who pays what, from whose cash.
pub(super) struct Payday<'a> {
    pub(super) teller: &'a Teller,
    /// How the files are called that are kept.
    pub(super) whose: &'static str,
    /// Asks for the run, and sends it.
    pub(super) keeper: &'a Client,
    /// Approves it.
    pub(super) approver: &'a Client,
    pub(super) book: &'a str,
    /// Whose bank account it is, `org_…`.
    pub(super) custodian: &'a str,
    /// The run as it is asked for.
    pub(super) run: Value,
}

/// What must come of it.
pub(super) struct Due<'a> {
    /// How many payouts.
    pub(super) payouts: &'a str,
    /// How much they are.
    pub(super) total: &'a str,
    /// What the bank says is left.
    pub(super) left: &'a str,
    /// Where the book has it as cash.
    pub(super) cash: &'a str,
}

/// The team of the nine products and the winners of the challenge are paid by one file from the cash that the partner platform holds.
pub(super) async fn of_host(story: &Story) -> anyhow::Result<()> {
    let (cast, teller) = (&story.cast, &story.teller);
    teller
        .progress
        .say("the team of nine products and twenty winners are paid by a file, and the bank's statement settles it");
    give_role(&cast.operator, &cast.host, &cast.reviewers[0], "approver").await?;
    let platform = join(&cast.operator, &cast.platform, "treasurer@fans.example", "owner").await?;
    for (by, whose, holder, number) in [
        (&platform, &cast.platform, "Fans of Open Machines", 100),
        (&cast.claimant, &cast.team, "Open Machine Builders", 101),
    ] {
        let account = bank_account(&cast.book, holder, number);
        by.post(&format!("/v1/organisations/{whose}/bank-accounts"), &account).await?.ok()?;
    }
    let payday = Payday {
        teller,
        whose: "host",
        keeper: &cast.treasurer,
        approver: &cast.reviewers[0],
        book: &cast.book,
        custodian: &cast.platform,
        run: json!({
            "sources": ["team", "prize"], "currency": "USD", "custodian": cast.platform, "memo": "Nine products and a drill",
        }),
    };
    let cash = format!("assets:cash:{}", cast.platform);
    let literals = &teller.literals;
    let due = Due {
        payouts: &literals.host_payouts,
        total: &literals.host_paid,
        left: &literals.host_statement,
        cash: &cash,
    };
    payday.play(&due).await
}

impl Payday<'_> {
    pub(super) async fn play(&self, due: &Due<'_>) -> anyhow::Result<()> {
        let run = self.is_asked_for(due).await?;
        let file = self.is_sent(&run, due).await?;
        self.bank_pays(&file, due).await?;
        self.all_is_paid(&run, due).await
    }

    /// Everything that is owed, once; nothing of it leaves before somebody else has approved it.
    async fn is_asked_for(&self, due: &Due<'_>) -> anyhow::Result<String> {
        let made = self.keeper.post(&format!("/v1/books/{}/payout-runs", self.book), &self.run).await?.ok()?;
        let run = format!("/v1/payout-runs/{}", text(&made, "/id")?);
        idle(self.keeper, self.book).await?;
        let seen = self.keeper.get(&run).await?.ok()?;
        self.teller.equal(
            "payouts that wait for an approval",
            seen["to_approve"]["payouts"].to_string(),
            due.payouts,
        )?;
        self.teller.equal("what they pay", text(&seen, "/to_approve/total/amount")?, due.total)?;
        let early = self.keeper.post(&format!("{run}:send"), &json!({"format": "pain001"})).await?;
        self.teller.refused("a run that nobody has approved", &early, 409, "payout-run-not-approved")?;
        let approval = json!({"digest": text(&seen, "/to_approve/digest")?});
        self.approver.post(&format!("{run}:approve"), &approval).await?.ok()?;
        idle(self.keeper, self.book).await?;
        Ok(run)
    }

    /// The whole run stands in a file, which is taken for the bank; answers its path.
    async fn is_sent(&self, run: &str, due: &Due<'_>) -> anyhow::Result<String> {
        let sent = self.keeper.post(&format!("{run}:send"), &json!({"format": "pain001"})).await?.ok()?;
        self.teller.equal("files of the run", sent["files"].as_u64(), Some(1))?;
        let file = format!("/v1/payout-files/{}", text(&sent, "/first/id")?);
        idle(self.keeper, self.book).await?;
        let ready = self.keeper.get(&file).await?.ok()?;
        self.teller.equal("the file", text(&ready, "/state")?, "ready")?;
        self.teller.equal("payouts that stand in it", ready["sent"].to_string(), due.payouts)?;
        self.teller.equal("what it asks the bank to pay", text(&ready, "/total/amount")?, due.total)?;
        let order = self.keeper.download(&format!("{file}/content")).await?;
        self.teller.equal("payments of the order", order.matches("<EndToEndId>").count().to_string(), due.payouts)?;
        self.keep("pain001", &order)?;
        let early = self.keeper.get(&format!("{file}/sandbox-statement")).await?;
        self.teller.refused("a statement of a day that is not over", &early, 409, "sandbox-bank-silent")?;
        Ok(file)
    }

    /// The bank answers with a statement, which goes in as that of any bank.
    async fn bank_pays(&self, file: &str, due: &Due<'_>) -> anyhow::Result<()> {
        let until = today(self.keeper, self.book).await?.saturating_add(PAID_AFTER.days());
        advance(self.keeper, self.book, until).await?;
        let statement = self.keeper.download(&format!("{file}/sandbox-statement")).await?;
        self.keep("camt053", &statement)?;
        let path = format!("/v1/books/{}/bank-statement-files?custodian={}", self.book, self.custodian);
        let taken = self.keeper.post_file(&path, "application/xml", statement.into_bytes()).await?.ok()?;
        idle(self.keeper, self.book).await?;
        let path = format!("/v1/bank-statement-files/{}", text(&taken, "/id")?);
        let imported = self.keeper.get(&path).await?.ok()?;
        self.teller.equal("the statement", text(&imported, "/state")?, "imported")?;
        self.teller.equal("lines that are in", imported["taken"].to_string(), due.payouts)?;
        let statements = self.keeper.all(&format!("{path}/statements")).await?;
        let last = statements.last().context("a statement")?;
        self.teller.equal("what the bank says is left", text(last, "/closing/amount")?, due.left)
    }

    /// Nothing is owed any more, and the book has as cash what the bank says.
    async fn all_is_paid(&self, run: &str, due: &Due<'_>) -> anyhow::Result<()> {
        let literals = &self.teller.literals;
        let done = self.keeper.get(run).await?.ok()?;
        self.teller.equal("the run", text(&done, "/run/state")?, "done")?;
        let balance = trial_balance(self.keeper, self.book).await?;
        for (what, prefix) in [("what is owed", "liabilities:payable:"), ("what is on its way", "liabilities:payouts:")]
        {
            self.teller.equal(what, sum(&balance, prefix, "credit")?, literals.owed_after.as_str())?;
        }
        self.teller.equal("cash, as the statement says", sum(&balance, due.cash, "debit")?, due.left)?;
        let report = self.keeper.get(&format!("/v1/books/{}/reports/custodian-check", self.book)).await?.ok()?;
        let checks = report["checks"].as_array().context("checks")?;
        let check =
            checks.iter().find(|check| check["custodian"] == self.custodian).context("a check of the custodian")?;
        self.teller.equal("the bank's balance in the check", text(check, "/bank_balance/amount")?, due.left)?;
        self.teller.equal(
            "what of it is unexplained",
            text(check, "/unexplained/amount")?,
            literals.unexplained.as_str(),
        )
    }

    /// Keeps what was handed to the bank, and what it answered, beside the e-mail.
    fn keep(&self, message: &str, file: &str) -> anyhow::Result<()> {
        let state = self.teller.state()?;
        std::fs::write(state.join(format!("{}.{message}.xml", self.whose)), file)?;
        Ok(())
    }
}

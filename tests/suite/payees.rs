//! Members of a cooperative are paid over HTTP: their own bank accounts, a run of payouts, and what they see of it.

use crate::host::Host;
use crate::scene::payouts::account;
use anyhow::{Context as _, ensure};
use api::demo::client::{Answer, Client, text};
use api::keys::vault::Vault;
use jiff::ToSpan as _;
use ledger::id::{BankAccountId, BookRef};
use ledger::payouts::store::bank_accounts::Sealed;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::payees::details;

type Outcome = anyhow::Result<()>;

/// A cooperative whose two members share 100.01 of a sale; the cash lies with `bank`.
pub(crate) struct Coop {
    pub(crate) host: Host,
    pub(crate) approver: Client,
    pub(crate) ada: Client,
    pub(crate) bea: Client,
    distribution: String,
}

impl Coop {
    pub(crate) async fn open() -> anyhow::Result<Coop> {
        let host = Host::open("Press Workers", "private").await?;
        let approver = host.person("approver@press.example", "approver").await?;
        let ada = host.person("ada@press.example", "member").await?;
        let bea = host.person("bea@press.example", "member").await?;
        host.app.advance(&host.treasurer, &host.book, "2028-01-01T12:00:00Z").await?;
        let path = format!("/v1/cooperatives/{}", host.book);
        for email in ["ada@press.example", "bea@press.example"] {
            let member = json!({"email": email, "group": "workers", "joined_on": "2026-01-01", "consents": true});
            host.treasurer.post(&format!("{path}/members"), &member).await?.ok()?;
        }
        let all = json!({"step": "members", "groups": [{"group": "workers", "percent": "100", "by": "equal"}]});
        let rule = json!({"effective_from": "2026-01-01", "objection_days": 7, "steps": [all]});
        host.treasurer.post(&format!("{path}/allocation-rules"), &rule).await?.ok()?;
        let mut coop = Coop { host, approver, ada, bea, distribution: String::new() };
        coop.distribution = coop.distribute(2027, "100.01", "2028-01-09T12:00:00Z").await?;
        Ok(coop)
    }

    /// What was sold in a year is shared, and posted when the window has passed.
    async fn distribute(&self, year: i16, amount: &str, until: &str) -> anyhow::Result<String> {
        let (host, path) = (&self.host, format!("/v1/cooperatives/{}", self.host.book));
        let sale = json!({"kind": "sale", "label": "presses", "party": "bank", "occurred_on": format!("{year}-06-01"),
            "amount": {"amount": amount, "currency": "USD"}});
        host.treasurer.post(&format!("{path}/proceeds"), &sale).await?.ok()?;
        let period = json!({"from": format!("{year}-01-01"), "to": format!("{year}-12-31")});
        let draft = host.treasurer.post(&format!("{path}/distributions"), &period).await?.ok()?;
        let one = format!("/v1/distributions/{}", text(&draft, "/id")?);
        host.treasurer.post(&format!("{one}:open"), &json!({})).await?.ok()?;
        self.approver.post(&format!("{one}:approve"), &json!({"digest": draft["digest"]})).await?.ok()?;
        host.app.advance(&host.treasurer, &host.book, until).await?;
        Ok(one)
    }

    fn new_run(&self) -> Value {
        json!({"sources": ["member"], "currency": "USD", "cash": "bank", "memo": "Surplus of 2027"})
    }

    async fn run(&self) -> anyhow::Result<String> {
        let made = self.host.treasurer.post(&self.host.at("/payout-runs"), &self.new_run()).await?.ok()?;
        self.host.app.work_until_idle().await?;
        Ok(format!("/v1/payout-runs/{}", text(&made, "/id")?))
    }

    async fn details(&self, run: &str) -> anyhow::Result<Value> {
        self.host.treasurer.get(run).await?.ok()
    }

    /// Sends what of a run is screened; answers how many that were.
    async fn send(&self, run: &str) -> anyhow::Result<usize> {
        let id = run.rsplit('/').next().context("an id")?;
        let all = self.host.treasurer.all(&self.host.at(&format!("/payouts?run={id}"))).await?;
        let screened: Vec<_> = all.iter().filter(|payout| payout["state"] == "screened").collect();
        for payout in &screened {
            let send = format!("/v1/payouts/{}:send", text(payout, "/id")?);
            self.host.treasurer.post(&send, &json!({})).await?.ok()?;
        }
        Ok(screened.len())
    }

    async fn balance(&self, prefix: &str) -> anyhow::Result<i64> {
        let sum = "SELECT coalesce(sum(abs(b.credits - b.debits)), 0)::bigint FROM balance b JOIN account a
                     ON a.book_id = b.book_id AND a.number = b.account WHERE a.code LIKE ";
        self.host.app.count(&format!("{sum}'{prefix}%'")).await
    }

    pub(crate) async fn mails(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let all = self.host.treasurer.all(&self.host.at("/outbox")).await?;
        Ok(all.into_iter().filter(|mail| mail["kind"] == kind).collect())
    }
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

fn is(answer: &Answer, status: u16) -> Outcome {
    ensure!(answer.status == status, "{status}: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn m6_a_cooperatives_members_are_paid_whole_by_a_run_and_a_second_run_pays_nothing() -> Outcome {
    let coop = Coop::open().await?;
    let (host, path) = (&coop.host, "/v1/me/bank-accounts");
    let unpaid = async || Ok::<_, anyhow::Error>(host.treasurer.get(&coop.distribution).await?.ok()?["unpaid"].clone());
    ensure!(unpaid().await?["amount"] == "100.01");
    let due = async |of: &Client| of.all("/v1/me/payables").await;
    let seen = due(&coop.ada).await?;
    ensure!(seen.len() == 1 && seen[0]["owed"]["amount"] == "50.01", "{seen:?}");
    ensure!(seen[0]["waits_for"] == "bank_account" && seen[0]["source"] == "member", "{seen:?}");

    // A person gives their own account; nobody does to whom the book can owe nothing.
    let stranger = host.stranger().await?;
    is(&stranger.post(path, &account(&host.book, "USD", "000123456789")).await?, 404)?;
    let given = coop.ada.post(path, &account(&host.book, "USD", "000123456789")).await?.ok()?;
    ensure!(given["state"] == "active" && given["organisation"].is_null() && given["last_four"] == "6789", "{given}");
    is(&coop.bea.get(&format!("/v1/bank-accounts/{}", text(&given, "/id")?)).await?, 404)?;
    ensure!(due(&coop.ada).await?[0]["waits_for"] == "request");

    // Who keeps the book asks for all that is owed; the same key again is the same run.
    let runs = host.at("/payout-runs");
    is(&coop.ada.post(&runs, &coop.new_run()).await?, 403)?;
    is(&stranger.post(&runs, &coop.new_run()).await?, 404)?;
    let mut wrong = coop.new_run();
    wrong["cash"] = json!("till");
    is(&host.treasurer.post(&runs, &wrong).await?, 422)?;
    let made = host.treasurer.post_keyed(&runs, &coop.new_run(), "run-of-january").await?.ok()?;
    let again = host.treasurer.post_keyed(&runs, &coop.new_run(), "run-of-january").await?.ok()?;
    ensure!(made["id"] == again["id"]);
    host.app.work_until_idle().await?;
    let run = format!("/v1/payout-runs/{}", text(&made, "/id")?);
    let seen = coop.details(&run).await?;
    ensure!(seen["run"]["state"] == "ready" && seen["run"]["payouts"] == 2, "{seen}");
    ensure!(seen["run"]["total"]["amount"] == "100.01" && seen["without_account"] == 1, "{seen}");
    is(&coop.ada.get(&run).await?, 403)?;
    is(&stranger.get(&run).await?, 404)?;
    let wanted = coop.mails("account_wanted").await?;
    ensure!(wanted.len() == 1 && wanted[0]["recipient"] == "bea@press.example", "{wanted:?}");

    // While the first run is open, a second one finds nothing that is not being paid.
    let second = coop.details(&coop.run().await?).await?;
    ensure!(second["run"]["state"] == "done" && second["run"]["payouts"] == 0, "{second}");

    coop.bea.post(path, &account(&host.book, "USD", "000987654321")).await?.ok()?;
    let seen = coop.details(&run).await?;
    ensure!(seen["to_approve"]["payouts"] == 2 && seen["to_approve"]["total"]["amount"] == "100.01", "{seen}");
    let approve = format!("{run}:approve");
    refused(&coop.approver.post(&approve, &json!({"digest": "0".repeat(64)})).await?, "digest-differs")?;
    is(&host.treasurer.post(&approve, &json!({"digest": seen["to_approve"]["digest"]})).await?, 403)?;
    let done = coop.approver.post(&approve, &json!({"digest": seen["to_approve"]["digest"]})).await?.ok()?;
    ensure!(done["approved"] == 2 && done["left"] == 0 && done["run"]["to_approve"].is_null(), "{done}");
    refused(
        &coop.approver.post(&approve, &json!({"digest": seen["to_approve"]["digest"]})).await?,
        "payout-run-nothing",
    )?;
    host.app.work_until_idle().await?;
    ensure!(due(&coop.ada).await?[0]["waits_for"] == "sending");
    ensure!(coop.send(&run).await? == 2 && coop.balance("liabilities:payouts:").await? == 10_001);
    ensure!(due(&coop.bea).await?[0]["waits_for"] == "bank" && unpaid().await?["amount"] == "0.00");
    host.app.work_until_idle().await?;
    // From here on Ada wants no mails of money that goes as it should: that hers has left the bank is not even queued.
    let wishes = json!({"decisions": true, "deadlines": true, "money": false, "news": true});
    let seen = [("If-Match", "\"v1\"")];
    coop.ada.send(reqwest::Method::PUT, "/v1/me/mail-preferences", Some(&wishes), &seen).await?.ok()?;
    host.app.advance(&host.treasurer, &host.book, "2028-01-11T12:00:00Z").await?;

    for prefix in ["liabilities:payable:", "liabilities:payouts:", "assets:cash:bank"] {
        ensure!(coop.balance(prefix).await? == 0, "{prefix}");
    }
    ensure!(unpaid().await?["amount"] == "0.00" && due(&coop.ada).await?.is_empty());
    ensure!(coop.details(&run).await?["run"]["state"] == "done");
    let told = coop.mails("payout").await?;
    let says =
        |mail: &&Value| mail["text"].as_str().is_some_and(|text| text.contains("surplus of 2027-01-01 to 2027-12-31"));
    ensure!(told.len() == 3 && told.iter().filter(says).count() == 3, "{told:?}");
    ensure!(told.iter().filter(|mail| mail["recipient"] == "ada@press.example").count() == 1, "{told:?}");
    ensure!(host.app.count("SELECT count(*) FROM job WHERE kind = 'send_payout_notice'").await? == 3);
    ensure!(coop.details(&coop.run().await?).await?["run"]["payouts"] == 0, "what was paid is not paid again");
    coop.host.app.finish().await
}

/// Pays all that members are owed, and lets the bank settle it by a day.
async fn paid(coop: &Coop, until: &str) -> Outcome {
    let run = coop.run().await?;
    let seen = coop.details(&run).await?;
    let digest = json!({"digest": seen["to_approve"]["digest"]});
    coop.approver.post(&format!("{run}:approve"), &digest).await?.ok()?;
    coop.host.app.work_until_idle().await?;
    coop.send(&run).await?;
    coop.host.app.advance(&coop.host.treasurer, &coop.host.book, until).await
}

#[tokio::test]
async fn a_mail_names_the_share_that_a_payout_pays_though_an_advance_on_it_was_paid_before() -> Outcome {
    let coop = Coop::open().await?;
    let (host, path) = (&coop.host, format!("/v1/cooperatives/{}", coop.host.book));
    for (member, number) in [(&coop.ada, "000123456789"), (&coop.bea, "000987654321")] {
        member.post("/v1/me/bank-accounts", &account(&host.book, "USD", number)).await?.ok()?;
    }
    // Where the book was kept before, Ada was owed something too.
    let owed = |account: &str| json!({"account": account, "amount": {"amount": "5.00", "currency": "USD"}});
    let had = json!({"on": "2028-01-09", "balances": [owed("assets:cash:bank"), owed("liabilities:payable:member:1")]});
    host.treasurer.post(&format!("{path}/openings"), &had).await?.ok()?;
    paid(&coop, "2028-01-12T12:00:00Z").await?;
    let members = host.treasurer.all(&format!("{path}/members")).await?;
    let advance = json!({"member": members[0]["id"], "amount": {"amount": "10.00", "currency": "USD"}});
    host.treasurer.post(&format!("{path}/advances"), &advance).await?.ok()?;
    paid(&coop, "2028-01-20T12:00:00Z").await?;
    host.app.advance(&host.treasurer, &host.book, "2029-01-01T12:00:00Z").await?;
    coop.distribute(2028, "100.00", "2029-01-09T12:00:00Z").await?;
    paid(&coop, "2029-01-12T12:00:00Z").await?;
    let sent = coop.mails("payout").await?;
    let ada: Vec<&str> = sent
        .iter()
        .filter(|mail| mail["recipient"] == "ada@press.example")
        .filter_map(|mail| mail["text"].as_str())
        .collect();
    for says in [
        "50.01 USD of Press Workers: surplus of 2027-01-01 to 2027-12-31",
        "5.00 USD of Press Workers: opening of the book",
        "10.00 USD of Press Workers: advance",
        "40.00 USD of Press Workers: surplus of 2028-01-01 to 2028-12-31",
    ] {
        ensure!(ada.iter().any(|mail| mail.contains(says)), "{says}: {ada:#?}");
    }
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_person_confirms_a_changed_bank_account_by_the_link_of_the_mail_and_waits_three_days() -> Outcome {
    let coop = Coop::open().await?;
    let (host, path) = (&coop.host, "/v1/me/bank-accounts");
    coop.ada.post(path, &account(&host.book, "USD", "000123456789")).await?.ok()?;
    let changed = coop.ada.post(path, &account(&host.book, "USD", "000987654321")).await?.ok()?;
    ensure!(changed["state"] == "proposed", "{changed}");
    host.app.work_until_idle().await?;
    let one = format!("/v1/bank-accounts/{}", text(&changed, "/id")?);
    let confirm = format!("{one}:confirm");
    refused(&coop.ada.post(&confirm, &json!({})).await?, "confirmed-by-link")?;
    refused(&coop.ada.post(&confirm, &json!({"token": "guessed"})).await?, "bank-account-link-invalid")?;
    is(&coop.bea.post(&confirm, &json!({})).await?, 404)?;
    is(&host.treasurer.post(&confirm, &json!({})).await?, 404)?;

    let mails = coop.mails("bank_account_link").await?;
    ensure!(mails.len() == 1 && mails[0]["recipient"] == "ada@press.example", "{mails:?}");
    let mut words = text(&mails[0], "/text")?.split_whitespace();
    let link = words.find_map(|word| word.split_once("/bank-accounts/")).context("the link")?.1.to_owned();
    let (id, secret) = link.split_once('/').context("its secret")?;
    let secrets = format!("SELECT count(*) FROM job WHERE payload::text LIKE '%{secret}%'");
    ensure!(host.app.count(&secrets).await? == 0, "the secret leaves the database with the mail");
    let http = tests::http().redirect(reqwest::redirect::Policy::none()).build()?;
    let page = http.get(format!("{}/bank-accounts/{link}", host.app.base_url())).send().await?.text().await?;
    ensure!(page.contains("4321") && !page.contains("000987654321"), "{page}");
    ensure!(coop.ada.get(&one).await?.ok()?["state"] == "proposed", "opening the link uses nothing up");
    let post = http.post(format!("{}/bank-accounts/confirm", host.app.base_url()));
    let post = post.header("sec-fetch-site", "same-origin").header("content-type", "application/x-www-form-urlencoded");
    let done = post.body(format!("id={id}&secret={secret}")).send().await?;
    ensure!(done.status() == 200, "{}", done.text().await?);
    ensure!(coop.ada.get(&one).await?.ok()?["state"] == "waiting");
    host.app.advance(&host.treasurer, &host.book, "2028-01-13T12:00:00Z").await?;
    ensure!(coop.ada.get(&one).await?.ok()?["state"] == "active");
    refused(&coop.ada.post(&format!("{one}:reject"), &json!({"reason": "no"})).await?, "bank-account-stands")?;

    // An invoice beside the payout: by the payee and the host, and by nobody else.
    let run = coop.run().await?;
    let id = run.rsplit('/').next().context("an id")?;
    let all = host.treasurer.all(&host.at(&format!("/payouts?run={id}"))).await?;
    let to_ada = all.iter().find(|payout| !payout["bank_account"].is_null()).context("the payout to Ada")?;
    let documents = format!("/v1/payouts/{}/documents", text(to_ada, "/id")?);
    let document = |number: usize| {
        json!({"kind": "invoice", "title": "Invoice", "url": "https://ada.example/1.pdf",
        "sha256": format!("{number:064x}")})
    };
    is(&coop.bea.post(&documents, &document(1)).await?, 404)?;
    ensure!(coop.ada.post(&documents, &document(1)).await?.ok()?["number"] == 1);
    ensure!(host.treasurer.post(&documents, &document(1)).await?.ok()?["number"] == 1, "the same is there once");
    for number in 2..=20 {
        coop.ada.post(&documents, &document(number)).await?.ok()?;
    }
    refused(&coop.ada.post(&documents, &document(21)).await?, "too-many-documents")?;
    ensure!(coop.approver.get(&documents).await?.ok()?["documents"].as_array().map(Vec::len) == Some(20));

    // Given up: what was not sent is cancelled, and is owed as before.
    is(&host.treasurer.post(&format!("{run}:cancel"), &json!({"reason": "too early"})).await?, 200)?;
    host.app.work_until_idle().await?;
    let seen = coop.details(&run).await?;
    ensure!(seen["run"]["state"] == "cancelled" && seen["run"]["ended"] == 2, "{seen}");
    ensure!(coop.balance("liabilities:payable:member:").await? == 10_001);
    ensure!(coop.details(&coop.run().await?).await?["run"]["payouts"] == 2, "another run pays it");
    coop.host.app.finish().await
}

/// So many payees and kills, and more with `COMMONPURSE_LONG`.
fn size() -> (i32, usize) {
    if std::env::var_os("COMMONPURSE_LONG").is_some() { (10_000, 10) } else { (100, 2) }
}

/// How long a worker may take to begin with what is due, before it is killed all the same.
const BEGINS_MAX: Duration = Duration::from_secs(2);

/// A worker is killed at what it does, and another one begins; the leases of the first are over, as if it had been away for a while.
async fn kill(host: &mut Host) -> Outcome {
    let leased = "SELECT count(*) FROM job WHERE finished_at IS NULL AND leased_until > now()";
    let deadline = Instant::now() + BEGINS_MAX;
    while host.app.count(leased).await? == 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let stack = host.app.stack();
    stack.workers().remove(0).kill()?;
    stack.add_worker(&[])?;
    let over =
        "UPDATE job SET leased_until = 'epoch' WHERE finished_at IS NULL AND leased_until < now() + interval '1 hour'";
    migrations::connect(&host.app.database_url().parse()?).await?.execute(over, &[]).await?;
    Ok(())
}

/// The kills of a step of four: all of them together are as many as there are to be.
async fn kill_some(host: &mut Host, kills: usize, step: usize) -> Outcome {
    for _ in kills * step / 4..kills * (step + 1) / 4 {
        kill(host).await?;
    }
    Ok(())
}

/// Members who are owed 1.01, 1.02 and so on, with bank accounts, and the cash for that.
async fn owe(host: &Host, payees: i32) -> anyhow::Result<i64> {
    let owner = migrations::connect(&host.app.database_url().parse()?).await?;
    let people = "INSERT INTO person (id, caller, email, name, created_at)
                  SELECT gen_random_uuid(), 1000000 + n, 'member' || n || '@many.example', '', now() FROM generate_series(1, $1) n";
    owner.execute(people, &[&payees]).await?;
    let members = "INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, created_at)
                   SELECT b.number, gen_random_uuid(), p.caller - 1000000, p.id, 'workers', '2026-01-01', false, now()
                     FROM person p, book b WHERE p.caller > 1000000";
    owner.execute(members, &[]).await?;
    let vault = Vault::load(&host.app.state_dir().join("bank-keys"))?;
    let book = host.book.parse::<BookRef>()?.book;
    let (mut ids, mut keys, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    for member in 1..=payees {
        let id = BankAccountId::generate(book);
        let of_member = details(usize::try_from(member)?, &format!("Member {member}"), "6789")?;
        let Sealed { key_version, bytes } = vault.seal(id, &of_member)?;
        ids.push(id.object);
        keys.push(key_version);
        sealed.push(bytes);
    }
    let accounts = "INSERT INTO bank_account (book_id, id, payee, payee_kind, proposed_by, proposed_at, active_at, key_version, state,
                                              currency, country, last_four, sealed)
                    SELECT m.book_id, a.id, m.person, 'person', m.person, now(), now(), a.key, 'active', 'USD', 'US', '6789', a.sealed
                      FROM unnest($1::uuid[], $2::int[], $3::bytea[]) WITH ORDINALITY AS a (id, key, sealed, number)
                      JOIN member m ON m.number = a.number";
    owner.execute(accounts, &[&ids, &keys, &sealed]).await?;
    opening::post(host, payees).await
}

/// What is owed from before, posted as opening balances.
mod opening {
    use super::Host;
    use jiff::Timestamp;
    use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind};
    use ledger::chart;
    use ledger::engine::posting;
    use ledger::engine::store::{accounts, books};
    use ledger::id::BookRef;

    pub(super) async fn post(host: &Host, payees: i32) -> anyhow::Result<i64> {
        let number = host.book.parse::<BookRef>()?.book;
        let mut client = host.app.connection().await?;
        let tx = client.transaction().await?;
        let (book, wall) = (books::get(&tx, number).await?, Timestamp::now());
        let open = async |code: &str, class| accounts::open(&tx, number, code, class, "USD", None, wall).await;
        let opening = open("equity:opening-debts", AccountClass::OpeningEquity).await?;
        let cash = open(&chart::cash_at(book.organisation).code, AccountClass::Cash).await?;
        let mut owed = Vec::new();
        for member in 1..=payees {
            let payable = open(&chart::member_payable(member).code, AccountClass::MemberPayable).await?;
            owed.push((payable, 100 + i64::from(member)));
        }
        let total: i64 = owed.iter().map(|(_, amount)| amount).sum();
        let line = |debit, credit, amount| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
        let mut lines: Vec<Line> = vec![line(cash, opening, total)];
        lines.extend(owed.iter().map(|(payable, amount): &(AccountNumber, i64)| line(opening, *payable, *amount)));
        for part in lines.chunks(1_000) {
            let entry = Entry { lines: part.to_vec(), effective: book.today(wall), outside_fact: false, note: None };
            posting::post(&tx, &book, entry, wall).await?;
        }
        tx.commit().await?;
        Ok(total)
    }
}

#[tokio::test]
async fn m6_many_payees_are_paid_once_though_workers_are_killed_at_any_line() -> Outcome {
    let mut host = Host::open("Many Workers", "private").await?;
    let approver = host.person("approver@many.example", "approver").await?;
    let (payees, kills) = size();
    let total = owe(&host, payees).await?;
    let own = account(&host.book, "USD", "000555556789");
    host.treasurer.post(&format!("/v1/organisations/{}/bank-accounts", host.organisation), &own).await?.ok()?;
    let begun = Instant::now();
    let new = json!({"sources": ["member"], "currency": "USD"});
    let made = host.treasurer.post(&host.at("/payout-runs"), &new).await?.ok()?;
    let run = format!("/v1/payout-runs/{}", text(&made, "/id")?);
    kill_some(&mut host, kills, 0).await?;
    host.app.work_until_idle().await?;
    let seen = host.treasurer.get(&run).await?.ok()?;
    ensure!(seen["to_approve"]["payouts"] == payees && seen["run"]["state"] == "ready", "{seen}");
    let whole = json!({"format": "pain001", "lines_max": (payees + 3) / 4});
    refused(&host.treasurer.post(&format!("{run}:send"), &whole).await?, "payout-run-not-approved")?;
    approver.post(&format!("{run}:approve"), &json!({"digest": seen["to_approve"]["digest"]})).await?.ok()?;
    kill_some(&mut host, kills, 1).await?;
    host.app.work_until_idle().await?;

    // It goes whole, by four files, the same again for the same key; who approves sends nothing.
    is(&approver.post(&format!("{run}:send"), &whole).await?, 403)?;
    let sent = host.treasurer.post_keyed(&format!("{run}:send"), &whole, "whole").await?.ok()?;
    ensure!(sent["files"] == 4 && sent["payouts"] == payees && sent["first"]["run"] == made["id"], "{sent}");
    ensure!(host.treasurer.post_keyed(&format!("{run}:send"), &whole, "whole").await?.ok()? == sent);
    kill_some(&mut host, kills, 2).await?;
    host.app.work_until_idle().await?;
    let files = host.treasurer.all(&host.at(&format!("/payout-files?run={}", text(&made, "/id")?))).await?;
    ensure!(
        files.len() == 4 && files.iter().all(|file| file["state"] == "ready" && file["left_out"] == 0),
        "{files:?}"
    );
    for file in &files {
        let order = host.treasurer.download(&format!("/v1/payout-files/{}/content", text(file, "/id")?)).await?;
        ensure!(file["sent"] == order.matches("<EndToEndId>").count(), "{file}");
    }
    host.app.advance(&host.treasurer, &host.book, &(jiff::Timestamp::now() + 48.hours()).to_string()).await?;
    for file in &files {
        let statement = format!("/v1/payout-files/{}/sandbox-statement", text(file, "/id")?);
        let statement = host.treasurer.download(&statement).await?.into_bytes();
        host.treasurer.post_file(&host.at("/bank-statement-files"), "application/xml", statement).await?.ok()?;
    }
    kill_some(&mut host, kills, 3).await?;
    host.app.work_until_idle().await?;
    println!("{payees} payees and {kills} kills: {:?}", begun.elapsed());

    let seen = host.treasurer.get(&run).await?.ok()?;
    ensure!(seen["run"]["state"] == "done" && seen["states"][0]["state"] == "settled", "{seen}");
    for (what, expected) in [
        ("count(*)", i64::from(payees)),
        ("count(DISTINCT payable)", i64::from(payees)),
        ("count(DISTINCT sent_entry)", i64::from(payees)),
        ("sum(amount)::bigint", total),
        ("count(*) FILTER (WHERE state = 'settled')", i64::from(payees)),
    ] {
        ensure!(host.app.count(&format!("SELECT {what} FROM payout")).await? == expected, "{what}");
    }
    let left = "SELECT count(*) FROM balance b JOIN account a ON a.book_id = b.book_id AND a.number = b.account
                 WHERE b.credits <> b.debits AND a.code LIKE ANY (ARRAY['assets:cash:%', 'liabilities:pay%'])";
    ensure!(host.app.count(left).await? == 0, "all of it is paid, and no cash is left");
    let checked = host.treasurer.get(&host.at("/reports/custodian-check")).await?.ok()?;
    let check = &checked["checks"][0];
    ensure!(check["bank_balance"]["amount"] == "0.00" && check["unexplained"]["amount"] == "0.00", "{checked}");
    host.app.finish().await
}

//! Payments of a live book by Stripe, and what Stripe tells by itself, against a server that follows its published API.

use anyhow::{Context as _, ensure};
use api::demo::cast::{TERMS, organisation, usd};
use api::demo::client::{Client, text};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::TestApp;
use tests::stripe::{KEY, SECRET, StripeMock, sign};

type Outcome = anyhow::Result<()>;

/// How long something awaited may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

const POLL: Duration = Duration::from_millis(50);

/// A live book with a campaign, whose payments Stripe takes.
struct Live {
    app: TestApp,
    stripe: StripeMock,
    host: Client,
    partner: Client,
    campaign: Value,
    book: String,
    http: reqwest::Client,
}

impl Live {
    async fn begin(workers: usize) -> anyhow::Result<Live> {
        let stripe = StripeMock::start()?;
        let app = TestApp::start_with(workers, &stripe.environment()).await?;
        let host = app.operator().await?;
        let owner = organisation(&host, "Common Host", "fiscal_host").await?;
        let platform = organisation(&host, "Fans of Open Machines", "partner_platform").await?;
        let book = json!({"organisation": owner, "name": "Common Host", "currency": "USD", "mode": "live", "zone": "UTC",
            "visibility": "private"});
        let book = text(&host.post("/v1/books", &book).await?.ok()?, "/id")?.to_owned();
        host.post(&format!("/v1/books/{book}/partners"), &json!({"organisation": platform})).await?.ok()?;
        let scopes = ["campaigns:read", "pledges:write", "pledges:read", "charges:read", "charges:write"];
        let credential = json!({"name": "live", "mode": "live", "scopes": scopes});
        let credential = host.post(&format!("/v1/partners/{platform}/credentials"), &credential).await?.ok()?;
        let partner = Client::partner(app.base_url(), text(&credential, "/id")?, text(&credential, "/secret")?)?;
        let campaign =
            json!({"book": book, "slug": "loom", "title": "Open loom", "terms": TERMS, "monthly_goal": usd("1000.00")});
        let campaign = host.post("/v1/campaigns", &campaign).await?.ok()?;
        let path = format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?);
        let campaign = host.post(&path, &json!({})).await?.ok()?;
        let http = tests::http().build()?;
        Ok(Live { app, stripe, host, partner, campaign, book, http })
    }

    /// A donor pledges 30.00 USD, once and today, by a means of payment whose name says what happens.
    async fn pledge(&self, method: &str) -> anyhow::Result<Value> {
        let body = json!({
            "reference": method, "donor": {"reference": method, "email": format!("{method}@donors.example")},
            "amount": usd("30.00"), "schedule": {"interval": "once"}, "rail": "stripe",
            "token": format!("cus_of_the_tests/{method}"), "terms_sha256": text(&self.campaign, "/terms_sha256")?,
        });
        let path = format!("/v1/campaigns/{}/pledges", text(&self.campaign, "/id")?);
        self.partner.post(&path, &body).await?.ok()
    }

    /// The charge of a pledge, when it has begun.
    async fn charge(&self, pledge: &Value) -> anyhow::Result<Value> {
        let path = format!("/v1/pledges/{}/charges", text(pledge, "/id")?);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(charge) = self.partner.all(&path).await?.into_iter().next() {
                return Ok(charge);
            }
            ensure!(Instant::now() < deadline, "the pledge is not charged");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn until(&self, pledge: &Value, state: &str) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let charge = self.charge(pledge).await?;
            if charge["state"] == state {
                return Ok(charge);
            }
            ensure!(Instant::now() < deadline, "{state} is awaited: {charge}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// The payment of a charge at Stripe: the only one that there is.
    fn payment(&self, charge: &Value) -> anyhow::Result<String> {
        let payments = self.stripe.payments(text(charge, "/id")?);
        ensure!(payments.len() == 1, "{payments:?}");
        Ok(text(&payments[0], "/id")?.to_owned())
    }

    async fn send(&self, body: String, signature: &str) -> anyhow::Result<StatusCode> {
        let url = format!("{}/v1/provider-events/stripe", self.app.base_url());
        let request = self.http.post(url).header("Content-Type", "application/json; charset=utf-8");
        Ok(request.header("Stripe-Signature", signature).body(body).send().await?.status())
    }

    /// Stripe tells of an event, and it is worked.
    async fn tell(&self, id: &str, kind: &str, object: &str) -> Outcome {
        let (body, signature) = StripeMock::event(id, kind, object, Timestamp::now().as_second());
        ensure!(self.send(body, &signature).await? == 200);
        self.app.work_until_idle().await
    }

    async fn count(&self, query: &str) -> anyhow::Result<i64> {
        self.app.count(query).await
    }

    async fn entries(&self) -> anyhow::Result<i64> {
        let of_money = "SELECT count(DISTINCT t.pos >> 16) FROM transfer t JOIN movement_kind k ON k.kind = t.kind
             WHERE k.name NOT IN ('pledge_committed', 'commitment_dropped')";
        self.count(of_money).await
    }

    /// What Stripe asks of each request was kept, and nothing that is secret was written down.
    fn nothing_is_told(&self) -> Outcome {
        ensure!(self.stripe.complaints().is_empty(), "{:?}", self.stripe.complaints());
        let folder = self.app.mail_dir();
        let folder = folder.parent().context("the folder of the logs")?;
        for name in ["api.log", "worker.log"] {
            let log = std::fs::read_to_string(folder.join(name))?;
            for secret in [KEY, SECRET, "cus_of_the_tests", "pm_ok", "@donors.example", "whsec_before"] {
                ensure!(!log.contains(secret), "{name} says {secret}");
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn p5_a_worker_that_dies_between_the_call_of_stripe_and_the_commit_takes_the_money_once() -> Outcome {
    let mut live = Live::begin(1).await?;
    live.app.work_until_idle().await?;
    live.app.stack().workers().pop().context("a worker")?.stop()?;
    let pledge = live.pledge("pm_ok").await?;
    // Stripe has not indexed yet what it took.
    live.stripe.put_search_behind(true);
    live.app.stack().add_worker(&[("COMMONPURSE_FAULT", "exit_after_charge:1")])?;
    let deadline = Instant::now() + PATIENCE;
    while !live.app.stack().workers()[0].has_ended() {
        ensure!(Instant::now() < deadline, "it was to crash");
        tokio::time::sleep(POLL).await;
    }
    let charge = live.charge(&pledge).await?;
    ensure!(charge["state"] == "processing" && live.stripe.creations() == 1, "{charge}");
    let payment = live.payment(&charge)?;
    live.app.stack().workers().clear();
    let end_leases = "UPDATE job SET leased_until = 'epoch' WHERE finished_at IS NULL";
    live.app.connection().await?.execute(end_leases, &[]).await?;
    live.app.stack().add_worker(&[])?;
    let captured = live.until(&pledge, "captured").await?;
    ensure!(captured["provider_reference"] == *payment && captured["attempt"] == 1, "{captured}");
    ensure!(
        live.stripe.searches() == 1 && live.stripe.creations() == 2,
        "asked first, then once more with the same key"
    );
    ensure!(live.payment(&charge)? == payment);
    live.app.work_until_idle().await?;
    ensure!(live.entries().await? == 1 && live.app.mails("receipt.", "pm_ok@donors.example")? == 1);
    live.nothing_is_told()?;
    live.app.finish().await
}

#[tokio::test]
async fn p1_p2_p3_what_stripe_answers_and_tells_comes_to_what_is_so_at_stripe() -> Outcome {
    let live = Live::begin(2).await?;
    let methods = [
        ("pm_ok", "captured", None),
        ("pm_disputed", "captured", None),
        ("pm_lost", "captured", None),
        ("pm_500", "captured", None),
        ("pm_busy", "captured", None),
        ("pm_running", "captured", None),
        ("pm_huge", "captured", None),
        ("pm_declined_insufficient_funds", "declined", Some("soft")),
        ("pm_declined_expired_card", "declined", Some("expired")),
        ("pm_declined_authentication_required", "declined", Some("expired")),
        ("pm_declined_stolen_card", "declined", Some("stolen")),
        ("pm_gone", "declined", Some("expired")),
        ("pm_action", "declined", Some("expired")),
    ];
    let pledges = try_join_all(methods.iter().map(|(method, ..)| live.pledge(method))).await?;
    let slow = ["pm_processing", "pm_processing_2", "pm_processing_3", "pm_processing_4"];
    let slow = try_join_all(slow.iter().map(|method| live.pledge(method))).await?;
    each_answer(&live, &methods, &pledges).await?;
    under_way(&live, &slow).await?;
    signatures(&live).await?;
    refunds_and_disputes(&live, &pledges).await?;
    too_late(&live, &slow[3]).await?;
    unknown(&live).await?;
    live.nothing_is_told()?;
    live.app.finish_with_jobs_left().await
}

/// Each answer comes to its state, and whatever got lost on the way was taken once.
async fn each_answer(live: &Live, methods: &[(&str, &str, Option<&str>)], pledges: &[Value]) -> Outcome {
    for ((method, state, kind), pledge) in methods.iter().zip(pledges) {
        let charge = live.until(pledge, state).await?;
        ensure!(charge["decline_kind"] == json!(kind), "{method}: {charge}");
        if *method != "pm_gone" {
            let payment = live.payment(&charge)?;
            ensure!(*state == "declined" || charge["provider_reference"] == *payment, "{method}: {charge}");
        }
        if *method == "pm_action" {
            let payments = live.stripe.payments(text(&charge, "/id")?);
            ensure!(payments[0]["status"] == "canceled", "it could be taken later: {payments:?}");
        }
    }
    live.app.work_until_idle().await?;
    let stolen = live.partner.get(&format!("/v1/pledges/{}", text(&pledges[10], "/id")?)).await?.ok()?;
    ensure!(stolen["state"] == "cancelled", "{stolen}");
    let receipt = live.partner.get(&format!("/v1/pledges/{}/receipts", text(&pledges[0], "/id")?)).await?.ok()?;
    ensure!(receipt.to_string().contains("Common Host"), "the host holds it: {receipt}");
    Ok(())
}

/// What a bank is at stays under way until Stripe tells; twice at once, and a refund before the capture.
async fn under_way(live: &Live, slow: &[Value]) -> Outcome {
    let charge = live.until(&slow[0], "processing").await?;
    let (payment, before) = (live.payment(&charge)?, live.entries().await?);
    live.tell("evt_early", "payment_intent.succeeded", &payment).await?;
    ensure!(live.charge(&slow[0]).await?["state"] == "processing", "an event says what Stripe does not");
    live.stripe.end_payment(&payment, "succeeded");
    let now = Timestamp::now().as_second();
    let (body, signature) = StripeMock::event("evt_1", "payment_intent.succeeded", &payment, now);
    let (other, other_signature) = StripeMock::event("evt_2", "payment_intent.succeeded", &payment, now);
    let twice = [(&body, &signature), (&body, &signature), (&other, &other_signature)];
    let told = try_join_all(twice.map(|(body, signature)| live.send(body.clone(), signature))).await?;
    ensure!(told == [200, 200, 200], "{told:?}");
    let captured = live.until(&slow[0], "captured").await?;
    ensure!(captured["provider_reference"] == *payment, "{captured}");
    live.app.work_until_idle().await?;
    ensure!(live.entries().await? == before + 1, "one posting");
    ensure!(live.app.mails("receipt.", "pm_processing@donors.example")? == 1, "one receipt");
    let asked = "SELECT count(*) FROM job WHERE kind = 'take_provider_event' AND dedupe LIKE '%evt\\_1'";
    ensure!(live.count(asked).await? == 1, "one job for one event");

    let charge = live.until(&slow[1], "processing").await?;
    let payment = live.payment(&charge)?;
    live.stripe.end_payment(&payment, "succeeded");
    live.stripe.refund_by_hand(&payment, 3_000);
    live.tell("evt_refunded", "charge.refunded", &format!("ch_{payment}")).await?;
    live.until(&slow[1], "refunded").await?;
    live.tell("evt_late", "payment_intent.succeeded", &payment).await?;
    live.until(&slow[1], "refunded").await?;
    let path = format!("/v1/charges/{}/refunds", text(&charge, "/id")?);
    let refunds = live.partner.all(&path).await?;
    ensure!(refunds.len() == 1 && refunds[0]["state"] == "settled", "{refunds:?}");

    let payment = live.payment(&live.until(&slow[2], "processing").await?)?;
    live.stripe.end_payment(&payment, "requires_payment_method");
    live.tell("evt_failed", "payment_intent.payment_failed", &payment).await?;
    let declined = live.until(&slow[2], "declined").await?;
    ensure!(declined["decline_kind"] == "soft" && declined["decline_code"] == "insufficient_funds", "{declined}");
    Ok(())
}

/// What a bank takes for a campaign that has closed goes back, once.
async fn too_late(live: &Live, pledge: &Value) -> Outcome {
    let charge = live.until(pledge, "processing").await?;
    let (payment, made, entries) = (live.payment(&charge)?, live.stripe.refunds().len(), live.entries().await?);
    let campaign = format!("/v1/campaigns/{}:close", text(&live.campaign, "/id")?);
    live.host.post(&campaign, &json!({"reason": "done"})).await?.ok()?;
    live.stripe.end_payment(&payment, "succeeded");
    for event in ["evt_too_late_1", "evt_too_late_2"] {
        live.tell(event, "payment_intent.succeeded", &payment).await?;
    }
    live.until(pledge, "voided").await?;
    let back = live.stripe.refunds();
    ensure!(back.len() == made + 1 && back[made]["amount"] == 3_000, "{back:?}");
    live.tell("evt_too_late_3", "charge.refunded", &format!("ch_{payment}")).await?;
    ensure!(live.entries().await? == entries && live.stripe.refunds().len() == made + 1);
    Ok(())
}

/// What is not signed, or not now, or not by Stripe, is told to nobody; what is signed is kept once.
async fn signatures(live: &Live) -> Outcome {
    let kept = async || live.count("SELECT count(*) FROM webhook_received").await;
    let before = kept().await?;
    let now = Timestamp::now().as_second();
    let (body, good) = StripeMock::event("evt_signed", "balance.available", "", now);
    let by = |secret: &str, second: i64| sign(secret, second, &body);
    let forged = [
        String::new(),
        format!("t={now},v1={}", by("whsec_of_somebody", now)),
        format!("t={now},v1={}", sign(SECRET, now, "another body")),
        format!("t={},v1={}", now - 3_600, by(SECRET, now - 3_600)),
        format!("t={},v1={}", now + 3_600, by(SECRET, now + 3_600)),
        format!("t={now},v0={}", by(SECRET, now)),
    ];
    for signature in &forged {
        ensure!(live.send(body.clone(), signature).await? == 400, "{signature}");
    }
    ensure!(live.send(" ".repeat(300 * 1024), &good).await? == 413);
    ensure!(kept().await? == before, "nothing was kept");
    let doubled = format!("t={now},v1={},v1={}", by("whsec_of_somebody", now), by(SECRET, now));
    let rotated = format!("t={now},v1={}", by("whsec_before", now));
    for signature in [&good, &good, &doubled, &rotated] {
        ensure!(live.send(body.clone(), signature).await? == 200, "{signature}");
    }
    ensure!(kept().await? == before + 1, "kept once");
    ensure!(live.count("SELECT count(*) FROM job WHERE dedupe LIKE '%evt\\_signed'").await? == 0, "nothing follows");
    Ok(())
}

/// A refund that the host asks for, a part that somebody gives back by hand, and a dispute that is lost before it was opened.
async fn refunds_and_disputes(live: &Live, pledges: &[Value]) -> Outcome {
    let charge = live.charge(&pledges[0]).await?;
    let (id, payment) = (text(&charge, "/id")?.to_owned(), live.payment(&charge)?);
    let made = live.stripe.refunds().len();
    let ask = json!({"amount": usd("10.00"), "reason": ""});
    let refund = live.host.post(&format!("/v1/charges/{id}:refund"), &ask).await?.ok()?;
    live.app.work_until_idle().await?;
    let refund = live.host.get(&format!("/v1/refunds/{}", text(&refund, "/id")?)).await?.ok()?;
    ensure!(refund["state"] == "settled" && refund["rail"] == "stripe", "{refund}");
    let at_stripe = live.stripe.refunds();
    ensure!(at_stripe.len() == made + 1 && at_stripe[made]["amount"] == 1_000, "{at_stripe:?}");
    ensure!(at_stripe[made]["metadata"]["reference"] == refund["id"], "{at_stripe:?}");
    let by_hand = live.stripe.refund_by_hand(&payment, 500);
    for (event, kind, object) in [
        ("evt_refund_1", "refund.updated", text(&at_stripe[made], "/id")?),
        ("evt_refund_2", "refund.created", &by_hand),
        ("evt_refund_3", "charge.refund.updated", &by_hand),
    ] {
        live.tell(event, kind, object).await?;
    }
    let charge = live.charge(&pledges[0]).await?;
    ensure!(charge["refunded"]["amount"] == "15.00", "each once: {charge}");

    let charge = live.charge(&pledges[1]).await?;
    let (id, payment) = (text(&charge, "/id")?.to_owned(), live.payment(&charge)?);
    let dispute = live.stripe.dispute(&payment, "warning_needs_response");
    live.tell("evt_dispute_0", "charge.dispute.created", &dispute).await?;
    let chargebacks = async || live.partner.all(&format!("/v1/charges/{id}/chargebacks")).await;
    ensure!(chargebacks().await?.is_empty(), "a bank that asks takes nothing");
    live.stripe.decide(&dispute, "needs_response");
    live.tell("evt_dispute_1", "charge.dispute.funds_withdrawn", &dispute).await?;
    let open = chargebacks().await?;
    ensure!(open.len() == 1 && open[0]["state"] == "open" && open[0]["reason"] == "fraudulent", "{open:?}");
    ensure!(live.charge(&pledges[1]).await?["state"] == "disputed");
    live.stripe.decide(&dispute, "lost");
    live.tell("evt_dispute_2", "charge.dispute.closed", &dispute).await?;
    live.tell("evt_dispute_3", "charge.dispute.created", &dispute).await?;
    let lost = chargebacks().await?;
    // Its money has not arrived yet, and so nobody bears it yet.
    ensure!(lost.len() == 1 && lost[0]["state"] == "lost_unborne" && lost[0]["amount"] == usd("30.00"), "{lost:?}");
    Ok(())
}

/// An event about what Stripe does not know posts nothing, and waits for somebody.
async fn unknown(live: &Live) -> Outcome {
    let (entries, dead) = (live.entries().await?, "SELECT count(*) FROM job WHERE dead_at IS NOT NULL");
    ensure!(live.count(dead).await? == 0);
    live.tell("evt_unknown", "payment_intent.succeeded", "pi_of_nobody").await?;
    let why = "SELECT count(*) FROM job WHERE dead_at IS NOT NULL AND kind = 'take_provider_event'
                  AND last_error LIKE '%pi\\_of\\_nobody, which the provider does not know'";
    ensure!((live.count(dead).await?, live.count(why).await?, live.entries().await?) == (1, 1, entries));
    let balance = live.host.all(&format!("/v1/books/{}/reports/trial-balance", live.book)).await?;
    let receivable =
        balance.iter().filter(|line| line["code"].as_str().is_some_and(|code| code.contains("receivable")));
    // Nine payments of 30.00, of which one went back whole and one by half.
    let cents = receivable.filter_map(|line| line["debit"]["amount"].as_str()?.replace('.', "").parse::<i64>().ok());
    ensure!(cents.sum::<i64>() == 22_500, "{balance:?}");
    Ok(())
}

//! One of everything, so that every id of the contract names something.

mod books;
mod branches;
mod calls;
pub(crate) mod challenges;
mod claims;
mod cooperatives;
mod losses;
mod matching;
mod moves;
mod parties;
mod partners;
pub(crate) mod payouts;
mod pledging;
mod shares;

use crate::contract::Piece;
use anyhow::Context as _;
use api::demo::cast::{Cast, pledge_body};
use api::demo::client::{Client, text};
use jiff::civil::date;
use ledger::parties::rules::role::Scope;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::TestApp;
use tests::identity_provider::IdentityProvider;

type Outcome = anyhow::Result<()>;

/// People with roles, a campaign with pledges and charges, and what the pieces of the contract need that are asked for: in
/// every state that an operation waits for, a thing.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) cast: Cast,
    /// The partner platform with all scopes that there are.
    pub(crate) partner: Client,
    pub(crate) known: Known,
}

impl Scene {
    /// With limits so high that none is met.
    pub(crate) async fn set(pieces: &[Piece]) -> anyhow::Result<Scene> {
        Scene::set_with(pieces, &[]).await
    }

    /// The same with logs as long as they get, so that a test can look for what must not be in them.
    pub(crate) async fn set_loud(pieces: &[Piece]) -> anyhow::Result<Scene> {
        Scene::set_with(pieces, &[("COMMONPURSE_LOG", "trace"), ("RUST_LOG", "trace")]).await
    }

    async fn set_with(pieces: &[Piece], environment: &[(&str, &str)]) -> anyhow::Result<Scene> {
        let generous = [
            ("COMMONPURSE_RATE_PER_SECOND", "100000"),
            ("COMMONPURSE_GUESSES_PER_MINUTE", "100000"),
            ("COMMONPURSE_ORGANISATIONS_PER_DAY", "100000"),
            ("COMMONPURSE_BOOKS_PER_DAY", "100000"),
            ("COMMONPURSE_INVITATIONS_PER_DAY", "100000"),
            ("COMMONPURSE_JOIN_REQUESTS_PER_DAY", "100000"),
            ("COMMONPURSE_FETCHES_PER_DAY", "100000"),
            ("COMMONPURSE_FILES_PER_DAY", "100000"),
            ("COMMONPURSE_METRICS_LISTEN", "127.0.0.1:0"),
        ];
        let provider = IdentityProvider::start()?;
        let setting = provider.setting();
        let believed = [("COMMONPURSE_IDENTITY_PROVIDERS", setting.as_str())];
        let mut app = TestApp::start_with(1, &[&generous[..], &believed, environment].concat()).await?;
        let cast = Cast::gather(app.base_url(), &app.mail_dir(), tests::OPERATOR).await?;
        let mut known = Known::default();
        fill(&cast, &mut known).await?;
        let partner = partner_with_all_scopes(&cast).await?;
        if pieces.contains(&Piece::Pledging) {
            losses::owes(&app, &cast).await?;
        }
        let mut prepared = None;
        for piece in pieces {
            match piece {
                Piece::Parties => parties::fill(&cast, &provider, &mut known).await?,
                Piece::Books => books::fill(&cast, &mut known).await?,
                Piece::Pledging => prepared = Some(pledging::fill(&cast, &mut known).await?),
                Piece::Challenges => {
                    challenges::fill(&cast, &mut known).await?;
                    matching::fill(&cast, &mut known).await?;
                }
                Piece::Cooperatives => cooperatives::fill(&cast, &mut known).await?,
                Piece::Partners => partners::fill(&cast, &partner, &mut known).await?,
            }
        }
        // The clocks of disputes are short: nothing that lets days pass comes behind.
        if let Some(prepared) = prepared {
            claims::fill(&cast, prepared, &mut known).await?;
            losses::fill(&cast, &mut known).await?;
            payouts::fill(&app, &cast, &mut known).await?;
        }
        app.work_until_idle().await?;
        // Clocks will be moved by decades: nobody needs to charge for all of them.
        app.stack().workers().clear();
        for (book, to) in &known.late {
            app.leap_clock(book, to).await?;
        }
        Ok(Scene { app, cast, partner, known })
    }
}

/// What exists.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Ids by prefix, and other values by the name of their field.
    values: BTreeMap<String, Vec<String>>,
    /// By method and path, what an operation is asked first: it does what it is for then.
    examples: BTreeMap<String, Value>,
    /// Books, and where their clocks stand when no worker is there to do what is due by then.
    late: Vec<(String, &'static str)>,
}

impl Known {
    /// As the hooks of the tool read it.
    pub(crate) fn to_json(&self) -> Value {
        json!({"values": self.values, "examples": self.examples})
    }

    fn add(&mut self, value: &str) {
        let prefix = value.split_once('_').map_or("", |(prefix, _)| prefix);
        self.add_as(prefix, value);
    }

    fn add_as(&mut self, name: &str, value: &str) {
        self.values.entry(name.to_owned()).or_default().push(value.to_owned());
    }

    /// The first id with this prefix.
    pub(crate) fn first(&self, prefix: &str) -> Option<&str> {
        self.values.get(prefix)?.first().map(String::as_str)
    }

    /// All ids with this prefix.
    pub(crate) fn all(&self, prefix: &str) -> &[String] {
        self.values.get(prefix).map_or(&[], Vec::as_slice)
    }

    /// What an example names is not offered to other operations, unless it is added too.
    fn example(&mut self, operation: &str, parameters: Value, body: Value) {
        self.examples.insert(operation.to_owned(), json!({"parameters": parameters, "body": body}));
    }
}

pub(crate) async fn partner_with_all_scopes(cast: &Cast) -> anyhow::Result<Client> {
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let credential = json!({"name": "all", "mode": "sandbox", "scopes": scopes});
    let path = format!("/v1/partners/{}/credentials", cast.platform);
    let credential = cast.operator.post(&path, &credential).await?.ok()?;
    Client::partner(cast.base(), text(&credential, "/id")?, text(&credential, "/secret")?)
}

/// One donor who gave twice in the year before, and has the receipt of it, and one who gave once.
async fn gave_before(cast: &Cast) -> anyhow::Result<[Value; 2]> {
    let campaign = cast.campaign("open-forge", "open-forge", "1000.00").await?;
    let place = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let mut donors = [Value::Null, Value::Null];
    for (number, donor) in donors.iter_mut().enumerate() {
        let mut pledge = pledge_body(&campaign, 50 + number, "30.00", date(2030, 11, 15))?;
        pledge["schedule"]["payments"] = json!(2 - number);
        *donor = cast.partner.post(&place, &pledge).await?.ok()?["donor"]["id"].clone();
    }
    Ok(donors)
}

/// Makes what the ids of the contract can name.
async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    for id in [&cast.book, &cast.host, &cast.team, &cast.platform] {
        known.add(id);
    }
    known.add(&cast.credential.0);
    known.add_as("If-Match", "\"v1\"");
    let start = date(2031, 1, 1);
    for slug in ["open-oven", "open-press", "open-mill"] {
        let campaign = cast.campaign(slug, slug, "1000.00").await?;
        let id = text(&campaign, "/id")?;
        known.add(id);
        known.add_as("terms_sha256", text(&campaign, "/terms_sha256")?);
        for number in 1..=2 {
            let mut pledge = pledge_body(&campaign, number, "30.00", start)?;
            pledge["reference"] = json!(format!("{slug}-{number}"));
            if number == 2 {
                (pledge["rail"], pledge["token"]) = (json!("partner"), json!(""));
            }
            let pledge = cast.partner.post(&format!("/v1/campaigns/{id}/pledges"), &pledge).await?.ok()?;
            known.add(text(&pledge, "/id")?);
            known.add(text(&pledge, "/donor/id")?);
        }
        if slug == "open-oven" {
            let mut leaving = pledge_body(&campaign, 9, "30.00", start)?;
            leaving["reference"] = json!("leaving");
            let leaving = cast.partner.post(&format!("/v1/campaigns/{id}/pledges"), &leaving).await?.ok()?;
            let why = json!({"reason": "The donor asked for it"});
            known.example("POST /v1/donors/{id}:erase", json!({"id": leaving["donor"]["id"]}), why);
        }
    }
    let years = gave_before(cast).await?;
    cast.advance(start).await?;
    cast.advance(date(2031, 1, 8)).await?;
    let why = json!({"year": 2030, "reason": "A payment came in late"});
    known.example("POST /v1/donors/{id}/yearly-receipts:reissue", json!({"id": years[1]}), why);
    known.example("POST /v1/donors/{id}/yearly-receipts", json!({"id": years[0]}), json!({"year": 2030}));
    let mails = cast.treasurer.all(&format!("/v1/books/{}/outbox", cast.book)).await?;
    let mail = mails.iter().find(|mail| mail["kind"] == "yearly-receipt").context("the receipt of a year")?;
    let words = text(mail, "/text")?.split_whitespace();
    let token = words.filter_map(|word| word.split_once("/receipts/")).next().context("its link")?.1;
    known.example("GET /v1/yearly-receipts/{token}", json!({"token": token}), Value::Null);
    for pledge in known.values["plg"].clone() {
        for charge in cast.partner.all(&format!("/v1/pledges/{pledge}/charges")).await? {
            known.add(text(&charge, "/id")?);
        }
    }
    for (code, class) in [("assets:till", "asset"), ("equity:own", "equity")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        cast.treasurer.post(&format!("/v1/books/{}/accounts", cast.book), &account).await?.ok()?;
        known.add_as("account", code);
        for side in ["debit", "credit"] {
            known.add_as(side, code);
        }
    }
    for member in cast.treasurer.all(&format!("/v1/organisations/{}/memberships", cast.host)).await? {
        // Its own role must not be taken away in the middle of the run.
        if member["role"] != "owner" {
            known.add(text(&member, "/person")?);
        }
    }
    Ok(())
}

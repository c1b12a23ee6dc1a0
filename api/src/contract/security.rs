//! How callers show who they are, and what of it an operation wants.

use crate::who_may::Access;
use ledger::parties::rules::role::Scope;
use serde_json::{Map, Value, json};

/// The ways to sign in.
pub(super) fn schemes() -> Value {
    let scopes = Scope::ALL.iter().map(|scope| (scope.to_string(), json!(meaning(*scope))));
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token: of a person by sign-in link, of a partner from /v1/oauth/token. It lives 10 minutes.",
        },
        "partner": {
            "type": "oauth2",
            "description": "A partner's access token by client credentials (RFC 6749, section 4.4): client id and secret are those of a \
                            credential, which an owner of the partner platform makes.",
            "flows": {"clientCredentials": {
                "tokenUrl": "/v1/oauth/token", "scopes": Value::Object(scopes.collect::<Map<_, _>>()),
            }},
        },
    })
}

/// What a scope lets a partner do.
fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::CampaignsRead => "See campaigns, their totals and challenges of the books that admit the partner.",
        Scope::PledgesRead => "See the pledges that the partner brought.",
        Scope::PledgesWrite => "Place pledges, and change those that the partner brought.",
        Scope::ChargesRead => "See the charges of the partner's pledges.",
        Scope::ChargesWrite => "Report what the partner has captured for its pledges.",
        Scope::ContributionsRead => "See what the partner brought to purses.",
        Scope::ContributionsWrite => "Bring money to purses and entry fees, and report what was captured.",
        Scope::SettlementsRead => "See the partner's settlements.",
        Scope::ClockWrite => "Move the clock of sandbox books that the partner's own organisation owns.",
        Scope::RequestsRead => "See what the partner asked lately, and what it was answered.",
        Scope::WebhooksWrite => "Keep the partner's webhook endpoints, and see what was sent to them.",
    }
}

/// What an operation wants.
pub(super) fn of(method: &str, path: &str, access: Access) -> Value {
    let is_reading = method == "get" && path.starts_with("/v1/");
    if access.is_open() && is_reading {
        // With a token, what is not public can be seen too.
        return json!([{}, {"bearer": []}, {"partner": []}]);
    }
    if access.is_open() {
        return json!([]);
    }
    match access.scope() {
        Some(scope) => json!([{"bearer": []}, {"partner": [scope]}]),
        None => json!([{"bearer": []}]),
    }
}

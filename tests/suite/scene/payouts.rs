//! Where organisations are paid.

use super::{Known, Outcome};
use api::demo::cast::Cast;
use api::demo::client::text;
use serde_json::{Value, json};

pub(crate) fn account(book: &str, currency: &str, number: &str) -> Value {
    let address = json!({"street": "3 Works Lane", "postal_code": "10027", "town": "New York", "country": "US"});
    let details = json!({
        "holder": "Open Press Team", "account_number": number, "routing_number": "021000021", "address": address,
    });
    json!({"book": book, "currency": currency, "country": "US", "bank_details": details})
}

pub(super) async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    let path = format!("/v1/organisations/{}/bank-accounts", cast.host);
    let mut waits = Vec::new();
    for currency in ["EUR", "GBP"] {
        for number in ["000123456789", "000987654321"] {
            let given = cast.operator.post(&path, &account(&cast.book, currency, number)).await?.ok()?;
            known.add(text(&given, "/id")?);
            if given["state"] == "proposed" {
                waits.push(given["id"].clone());
            }
        }
    }
    let host = json!({"id": cast.host});
    let given = account(&cast.book, "USD", "000123456789");
    known.example("POST /v1/organisations/{id}/bank-accounts", host.clone(), given);
    let listed = json!({"id": cast.host, "book": cast.book});
    known.example("GET /v1/organisations/{id}/bank-accounts", listed, Value::Null);
    known.example("POST /v1/bank-accounts/{id}:confirm", json!({"id": waits[0]}), json!({}));
    let reason = json!({"reason": "Nobody of us gave this account"});
    known.example("POST /v1/bank-accounts/{id}:reject", json!({"id": waits[1]}), reason);
    Ok(())
}

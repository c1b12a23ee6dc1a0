//! The text of a payout file. It holds whole numbers of accounts, so it is kept nowhere: it is made for whoever takes it, of the rows and
//! of what the vault opens, and is the same each time.

use super::payout_files::require_keeper;
use crate::auth::Caller;
use crate::keys::vault::Vault;
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path, block};
use actix_web::{HttpResponse, get};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::id::PayoutFileId;
use ledger::payouts::files::batch::{Batch, Party, Payment, Unwritable};
use ledger::payouts::files::csv_out::Layout;
use ledger::payouts::files::nacha::EntryClass;
use ledger::payouts::files::{csv_out, nacha, pain001};
use ledger::payouts::operations::payout_files::{self as operations, Taken};
use ledger::payouts::rules::payout_file::{FileFormat, PayoutFile};
use ledger::payouts::store::payout_files::SealedAccount;
use ledger::{Error, Refusal};
use sha2::{Digest as _, Sha256};

/// By what a copy can be held against the text.
const DIGEST: &str = "Repr-Digest";

/// The most payouts that a refusal names.
const NAMED_MAX: usize = 20;

/// Takes the text of a payout file that is `ready`, to be handed to the bank: whole account numbers stand in it, so keep it nowhere else.
/// Who took it is written down in the list of who did what. It is the same, byte for byte, whenever it is taken.
///
/// Names, towns and memos are written in the letters that banks take (`Müller & Söhne` as `Muller + Sohne`) and cut to what the format
/// holds, but for `csv`, which has them as they are; a name of which nothing is left is `NOTPROVIDED`. Each payment has the `reference` of
/// its payout as its end-to-end id, and is to be booked by itself.
#[utoipa::path(tag = "payout-files", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The text",
               headers(("Content-Disposition" = String, description = "The name of the file, such as `attachment; \
                        filename=\"pfl_….xml\"`: it ends with xml, ach or csv"),
                       ("Repr-Digest" = String, description = "The SHA-256 of the text (RFC 9530): `sha-256=:…:`")),
               content((String = "application/xml"), (String = "text/plain"), (String = "text/csv")))))]
#[get("/v1/payout-files/{id}/content")]
pub(crate) async fn content(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutFileId>,
) -> Result<HttpResponse, Problem> {
    take(&state, &caller, *id).await
}

/// Takes the text for who asks: a program, or somebody at a page.
pub(crate) async fn take(state: &Data<State>, caller: &Caller, id: PayoutFileId) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let taken = state
        .in_transaction(async |tx| {
            require_keeper(tx, caller, id).await?;
            let taken = operations::take(tx, id, by, ledger::calendar::now()).await?;
            // Whoever gets no text has taken none.
            check_open(&state.vault, &taken)?;
            Ok(taken)
        })
        .await?;
    let format = taken.file.format;
    let vault = state.clone();
    let text = block(move || text(&vault.vault, &taken)).await.map_err(|_| Problem::internal())??;
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&text)));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.{}\"", format.extension())))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((DIGEST, digest))
        .body(text))
}

/// Refuses when a key is missing that opens one of the accounts.
fn check_open(vault: &Vault, taken: &Taken) -> Result<(), Error> {
    for account in std::iter::once(&taken.debtor).chain(taken.payments.iter().map(|payment| &payment.account)) {
        if !vault.has(account.sealed.key_version) {
            let detail = format!("key {} of bank details is not set up here", account.sealed.key_version);
            return Err(Refusal::new("bank-details-not-kept", detail).into());
        }
    }
    Ok(())
}

fn text(vault: &Vault, taken: &Taken) -> Result<Vec<u8>, Problem> {
    let batch = batch(vault, taken)?;
    let plain = Layout::plain();
    let written = match taken.file.format {
        FileFormat::Pain001 => pain001::write(&batch),
        FileFormat::NachaCcd => nacha::write(&batch, EntryClass::Ccd),
        FileFormat::NachaPpd => nacha::write(&batch, EntryClass::Ppd),
        FileFormat::Csv => csv_out::write(&batch, taken.file.layout.as_ref().unwrap_or(&plain)),
    };
    written.map_err(|unwritable| match unwritable {
        Unwritable::Accounts(references) => unfit(taken, &references).into(),
        Unwritable::Debtor | Unwritable::Amount => {
            Error::from(Refusal::new("payout-file-unwritable", unwritable.to_string())).into()
        }
        Unwritable::Text(why) => {
            tracing::error!(file = %taken.file.id, "the text of a payout file could not be put together: {why}");
            Problem::internal()
        }
    })
}

/// Names the payouts, each with the bank account that it goes to, whose numbers the format cannot hold; without any number.
fn unfit(taken: &Taken, references: &[String]) -> Error {
    let unfit = taken.payments.iter().filter(|payment| references.contains(&payment.reference));
    let named: Vec<String> =
        unfit.take(NAMED_MAX).map(|payment| format!("{} to {}", payment.payout, payment.account.id)).collect();
    let more = references.len().saturating_sub(named.len());
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let detail = format!(
        "the format has no room for the account numbers of {} of {} payouts: {}{more}; the others fit",
        references.len(),
        taken.payments.len(),
        named.join(", "),
    );
    Refusal::new("payout-file-unwritable", detail).into()
}

fn batch(vault: &Vault, taken: &Taken) -> Result<Batch, Problem> {
    let file = &taken.file;
    let mut payments = Vec::with_capacity(taken.payments.len());
    for payment in &taken.payments {
        payments.push(Payment {
            reference: payment.reference.clone(),
            amount: payment.amount,
            memo: payment.memo.clone(),
            to: party(vault, &payment.account)?,
        });
    }
    Ok(Batch {
        message: PayoutFile::message_of(file.id),
        made_at: taken.ready_at,
        execution_on: file.execution_on,
        currency: file.currency,
        originator: file.originator.clone(),
        from: party(vault, &taken.debtor)?,
        payments,
    })
}

fn party(vault: &Vault, account: &SealedAccount) -> Result<Party, Problem> {
    let details = vault.open(account.id, &account.sealed).map_err(|error| {
        tracing::error!(account = %account.id, "a bank account could not be opened: {error}");
        Problem::internal()
    })?;
    Ok(Party { details, bank_country: account.country.clone() })
}

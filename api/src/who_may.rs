//! Who may do what: one table. A route that is not in it is refused, and the program does not start with one.
//!
//! The contract shows each row as `x-who-may`. Roles are of the organisation that owns the thing; which one that is, only
//! the handler knows: it calls [`crate::auth::Caller::require_role`], which takes the roles from this table. A partner
//! with the scope sees its own objects only.

use ledger::parties::rules::role::{Role, Scope};
use std::sync::LazyLock;

/// The path of the table's row that a request met; for logs and figures, which must not grow with ids.
#[derive(Debug, Clone, Copy)]
pub struct RouteName(pub &'static str);

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody. A token that is sent must be good all the same.
    Public,
    /// Everybody, but only a few times a minute: what somebody would try who guesses.
    Guessable,
    /// Whoever signs the body with a secret that we share. The handler looks.
    Signed,
    /// Readers of a book: everybody when it is public, else by its visibility, and operators. Others are told that there is
    /// none. The handler looks.
    Visible,
    /// Every person who is signed in.
    SignedIn,
    /// Every person who is signed in with the browser that asks: a page. Others are led to where they sign in.
    InBrowser,
    /// Operators of the installation.
    Operator,
    /// Persons with one of these roles.
    Role(&'static [Role]),
    /// Persons with one of these roles, and operators.
    RoleOrOperator(&'static [Role]),
    /// Partners whose token has the scope.
    Scope(Scope),
    /// Persons with one of these roles, and partners whose token has the scope.
    RoleOrScope(&'static [Role], Scope),
    /// Persons with one of these roles, operators, and partners whose token has the scope.
    RoleOrOperatorOrScope(&'static [Role], Scope),
    /// Every person who is signed in, and partners whose token has the scope.
    SignedInOrScope(Scope),
}

use Access::{Guessable, InBrowser, Public, RoleOrOperator, SignedIn, Visible};

/// All roles: whoever belongs to the organisation.
pub const ANY_ROLE: &[Role] = Role::ALL;
const OWNER: &[Role] = &[Role::Owner];
/// Who keeps an organisation's money.
pub const KEEPERS: &[Role] = &[Role::Owner, Role::Treasurer];
/// Who sees donors, as far as they let themselves be seen.
pub const DONOR_READERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Auditor];
/// Who of the host sees payouts.
pub const PAYOUT_READERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver, Role::Auditor];
const JUDGES: &[Role] = &[Role::Judge];
/// Who of an organisation decides about its money.
pub const DECIDERS: &[Role] = &[Role::Owner, Role::Approver];
/// Whoever has to do with a cooperative's proceeds.
pub const COOPERATORS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver, Role::Auditor, Role::Member];
/// Who of a cooperative writes hours down.
pub const CONTRIBUTORS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Member];
/// Its members.
pub const MEMBER: &[Role] = &[Role::Member];
const REVERSERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver];

/// Method, path, who may. Grouped by the handler files.
pub const TABLE: &[(&str, &str, Access)] = &[
    // health
    ("GET", "/livez", Public),
    ("GET", "/readyz", Public),
    ("GET", "/openapi.json", Public),
    ("GET", "/openapi/partner.json", Public),
    ("GET", "/openapi/public.json", Public),
    ("GET", "/openapi-3.0.json", Public),
    ("GET", "/openapi/partner-3.0.json", Public),
    ("GET", "/problems", Public),
    ("GET", "/problems/{code}", Public),
    // identity
    ("POST", "/v1/sign-in", Guessable),
    ("POST", "/v1/sign-in/confirm", Guessable),
    ("POST", "/v1/sign-in/identity-token", Guessable),
    ("DELETE", "/v1/me/identities", SignedIn),
    ("POST", "/v1/tokens/refresh", Guessable),
    ("POST", "/v1/tokens/revoke", Guessable),
    ("POST", "/v1/oauth/token", Guessable),
    ("GET", "/.well-known/jwks.json", Public),
    ("GET", "/v1/me", SignedIn),
    ("PATCH", "/v1/me", SignedIn),
    ("POST", "/v1/me:sign-out", SignedIn),
    ("GET", "/v1/me/waiting", SignedIn),
    ("GET", "/v1/me/mail-preferences", SignedIn),
    ("PUT", "/v1/me/mail-preferences", SignedIn),
    ("POST", "/v1/me/mail-preferences:revoke-links", SignedIn),
    // second factors: one's own; and their reset, by two operators
    ("POST", "/v1/me/second-factor", SignedIn),
    ("GET", "/v1/me/second-factor", SignedIn),
    ("POST", "/v1/me/second-factor:confirm", SignedIn),
    ("POST", "/v1/me/second-factor:verify", SignedIn),
    ("POST", "/v1/me/second-factor:renew-recovery-codes", SignedIn),
    ("POST", "/v1/me/second-factor:remove", SignedIn),
    ("POST", "/v1/me/second-factor:ask-reset", SignedIn),
    ("POST", "/v1/me/second-factor:object-to-reset", SignedIn),
    ("GET", "/v1/persons/{id}/second-factor", Access::Operator),
    ("POST", "/v1/persons/{id}/second-factor:reset", Access::Operator),
    ("POST", "/v1/persons/{id}/second-factor:refuse-reset", Access::Operator),
    // persons
    ("GET", "/v1/persons", Access::Operator),
    ("GET", "/v1/persons/{id}", Access::Operator),
    ("POST", "/v1/persons/{id}:disable", Access::Operator),
    ("POST", "/v1/persons/{id}:enable", Access::Operator),
    // organisations
    ("POST", "/v1/organisations", SignedIn),
    ("GET", "/v1/organisations", SignedIn),
    ("GET", "/v1/organisations/{id}", RoleOrOperator(ANY_ROLE)),
    ("PATCH", "/v1/organisations/{id}", RoleOrOperator(OWNER)),
    ("GET", "/v1/organisations/{id}/memberships", RoleOrOperator(ANY_ROLE)),
    ("DELETE", "/v1/organisations/{id}/memberships/{person}/{role}", RoleOrOperator(OWNER)),
    // bank accounts of whoever is paid: its own keepers, two of them; or the person. The handler looks whose an account is
    ("POST", "/v1/organisations/{id}/bank-accounts", Access::Role(KEEPERS)),
    ("GET", "/v1/organisations/{id}/bank-accounts", Access::Role(KEEPERS)),
    ("POST", "/v1/me/bank-accounts", SignedIn),
    ("GET", "/v1/me/bank-accounts", SignedIn),
    ("GET", "/v1/bank-accounts/{id}", SignedIn),
    ("POST", "/v1/bank-accounts/{id}:confirm", SignedIn),
    ("POST", "/v1/bank-accounts/{id}:reject", SignedIn),
    // what is owed: the payee's side
    ("GET", "/v1/me/payables", SignedIn),
    ("GET", "/v1/organisations/{id}/payables", Access::Role(DONOR_READERS)),
    // payouts: asked for and sent by keepers of the host, approved by others; operators decide about held ones; payees read theirs
    ("POST", "/v1/books/{book}/payouts", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/payouts", SignedIn),
    ("GET", "/v1/payouts/{id}", SignedIn),
    ("POST", "/v1/payouts/{id}:approve", Access::Role(DECIDERS)),
    ("POST", "/v1/payouts/{id}:send", Access::Role(KEEPERS)),
    ("POST", "/v1/payouts/{id}:fail", Access::Role(KEEPERS)),
    ("POST", "/v1/payouts/{id}:cancel", Access::Role(KEEPERS)),
    ("POST", "/v1/payouts/{id}:release", Access::Operator),
    ("POST", "/v1/payouts/{id}:refuse", Access::Operator),
    ("POST", "/v1/payouts/{id}/documents", SignedIn),
    ("GET", "/v1/payouts/{id}/documents", SignedIn),
    ("POST", "/v1/books/{book}/lenders", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/lenders", Access::Role(DONOR_READERS)),
    ("POST", "/v1/books/{book}/payout-runs", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/payout-runs", Access::Role(PAYOUT_READERS)),
    ("GET", "/v1/payout-runs/{id}", Access::Role(PAYOUT_READERS)),
    ("POST", "/v1/payout-runs/{id}:approve", Access::Role(DECIDERS)),
    ("POST", "/v1/payout-runs/{id}:send", Access::Role(KEEPERS)),
    ("POST", "/v1/payout-runs/{id}:cancel", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/payouts:approve-batch", Access::Role(DECIDERS)),
    ("POST", "/v1/books/{book}/payout-policy", Access::Role(OWNER)),
    // files by which they are handed to a bank: their texts hold whole account numbers
    ("POST", "/v1/books/{book}/payout-files", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/payout-files", Access::Role(KEEPERS)),
    ("GET", "/v1/payout-files/{id}", Access::Role(KEEPERS)),
    ("GET", "/v1/payout-files/{id}/payouts", Access::Role(KEEPERS)),
    ("GET", "/v1/payout-files/{id}/content", Access::Role(KEEPERS)),
    ("GET", "/v1/payout-files/{id}/sandbox-status-report", Access::Role(KEEPERS)),
    ("GET", "/v1/payout-files/{id}/sandbox-statement", Access::Role(KEEPERS)),
    ("POST", "/v1/payout-files/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/payout-status-files", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/reports/payouts", Visible),
    ("POST", "/v1/books/{book}/bank-statements", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/bank-lines", Access::Role(DONOR_READERS)),
    ("POST", "/v1/bank-lines/{id}:match", Access::Role(KEEPERS)),
    ("POST", "/v1/bank-lines/{id}:book", Access::Role(KEEPERS)),
    ("POST", "/v1/bank-lines/{id}:unbook", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/bank-statement-files", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/bank-statement-files", Access::Role(DONOR_READERS)),
    ("GET", "/v1/bank-statement-files/{id}", Access::Role(DONOR_READERS)),
    ("GET", "/v1/bank-statement-files/{id}/statements", Access::Role(DONOR_READERS)),
    ("POST", "/v1/books/{book}/bank-differences", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/bank-differences", Visible),
    ("GET", "/v1/bank-differences/{id}", Visible),
    ("POST", "/v1/bank-differences/{id}:approve", Access::Role(KEEPERS)),
    ("POST", "/v1/bank-differences/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/bank-differences/{id}:take-back", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/reports/custodian-check", Visible),
    ("GET", "/v1/books/{book}/reports/reconciliation", Visible),
    // invitations
    ("POST", "/v1/organisations/{id}/invitations", RoleOrOperator(OWNER)),
    ("GET", "/v1/organisations/{id}/invitations", RoleOrOperator(OWNER)),
    ("DELETE", "/v1/organisations/{id}/invitations/{invitation}", RoleOrOperator(OWNER)),
    ("POST", "/v1/invitations:accept", SignedIn),
    ("POST", "/v1/invitations:decline", SignedIn),
    // requests to join: whoever asks sees and withdraws their own, and owners answer. The handler looks whose one is
    ("POST", "/v1/organisations/{id}/join-requests", SignedIn),
    ("GET", "/v1/organisations/{id}/join-requests", Access::Role(OWNER)),
    ("GET", "/v1/me/join-requests", SignedIn),
    ("POST", "/v1/join-requests/{id}:accept", Access::Role(OWNER)),
    ("POST", "/v1/join-requests/{id}:decline", Access::Role(OWNER)),
    ("POST", "/v1/join-requests/{id}:withdraw", SignedIn),
    // credentials
    ("POST", "/v1/partners/{id}/credentials", RoleOrOperator(OWNER)),
    ("GET", "/v1/partners/{id}/credentials", RoleOrOperator(OWNER)),
    ("POST", "/v1/partners/{id}/credentials/{credential}:rotate", RoleOrOperator(OWNER)),
    ("DELETE", "/v1/partners/{id}/credentials/{credential}", RoleOrOperator(OWNER)),
    // what a partner asked: its own credentials see it too
    ("GET", "/v1/partners/{id}/requests", Access::RoleOrOperatorOrScope(OWNER, Scope::RequestsRead)),
    // campaigns: reading them needs a role, or admission and the scope, unless the book is public
    ("POST", "/v1/campaigns", Access::Role(KEEPERS)),
    ("GET", "/v1/campaigns", Public),
    ("GET", "/v1/campaigns/{id}", Public),
    ("GET", "/v1/campaigns/{id}/totals", Access::RoleOrOperatorOrScope(ANY_ROLE, Scope::CampaignsRead)),
    ("GET", "/v1/campaigns/{id}/public-totals", Public),
    ("POST", "/v1/campaigns/{id}/loop", Access::Role(KEEPERS)),
    ("GET", "/v1/campaigns/{id}/loop", Public),
    ("POST", "/v1/campaigns/{id}/terms", Access::Role(KEEPERS)),
    ("GET", "/v1/campaigns/{id}/terms", Public),
    ("POST", "/v1/campaigns/{id}:publish", Access::Role(KEEPERS)),
    ("POST", "/v1/campaigns/{id}:close", Access::Role(KEEPERS)),
    ("POST", "/v1/campaigns/{id}:raise", Access::Role(KEEPERS)),
    ("POST", "/v1/campaigns/{id}/tiers", Access::Role(KEEPERS)),
    ("GET", "/v1/campaigns/{id}/tiers", Public),
    ("POST", "/v1/campaigns/{id}:return", Access::Role(OWNER)),
    // pledges and charges: partners see those that they brought
    ("POST", "/v1/campaigns/{id}/pledges", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/campaigns/{id}/pledges:batch", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/campaigns/{id}/pledge-imports", Access::RoleOrScope(KEEPERS, Scope::PledgesWrite)),
    ("GET", "/v1/campaigns/{id}/pledges", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("GET", "/v1/pledges", Access::Scope(Scope::PledgesRead)),
    ("GET", "/v1/pledges/{id}", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("POST", "/v1/pledges/{id}:pause", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/pledges/{id}:resume", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/pledges/{id}:cancel", Access::RoleOrScope(KEEPERS, Scope::PledgesWrite)),
    ("POST", "/v1/pledges/{id}:redirect", Access::Scope(Scope::PledgesWrite)),
    ("GET", "/v1/pledges/{id}/money", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("POST", "/v1/pledges/{id}:return", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/pledges/{id}:change", Access::Scope(Scope::PledgesWrite)),
    ("GET", "/v1/pledges/{id}/changes", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("POST", "/v1/plan-changes/{id}:withdraw", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/pledges/{id}:move", Access::RoleOrScope(OWNER, Scope::PledgesWrite)),
    ("GET", "/v1/pledges/{id}/moves", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("GET", "/v1/plan-moves/{id}", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("POST", "/v1/plan-moves/{id}:confirm-ended", Access::RoleOrScope(OWNER, Scope::PledgesWrite)),
    ("POST", "/v1/plan-moves/{id}:decline", Access::RoleOrScope(OWNER, Scope::PledgesWrite)),
    ("GET", "/v1/pledges/{id}/uses", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("GET", "/v1/pledges/{id}/charges", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("GET", "/v1/charges", Access::Scope(Scope::ChargesRead)),
    ("GET", "/v1/charges/{id}", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("POST", "/v1/charges/{id}:capture", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/charges/{id}:decline", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/charges/{id}:cannot-collect", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/charges/{id}:refund", Access::RoleOrScope(KEEPERS, Scope::ChargesWrite)),
    ("GET", "/v1/charges/{id}/refunds", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("POST", "/v1/charges/{id}/refunds", Access::Scope(Scope::ChargesWrite)),
    ("GET", "/v1/refunds/{id}", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("POST", "/v1/refunds/{id}:settle", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/refunds/{id}:fail", Access::Scope(Scope::ChargesWrite)),
    // what providers tell by themselves: no token, but a signature of the body
    ("POST", "/v1/provider-events/stripe", Access::Signed),
    // settlements: partners report and see their own, the host says how each settles
    ("POST", "/v1/settlements", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/settlements/{id}:withdraw", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/reconciliations", Access::Scope(Scope::ChargesWrite)),
    ("GET", "/v1/settlements", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    ("GET", "/v1/settlements/{id}", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    ("GET", "/v1/settlements/{id}/charges", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    ("POST", "/v1/books/{book}/partners/{organisation}:settle-by", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/settlement-days/{day}", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    ("GET", "/v1/books/{book}/settlement-days/{day}/file", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    ("POST", "/v1/books/{book}/settlement-days/{day}/comparisons", Access::Scope(Scope::ChargesWrite)),
    (
        "GET",
        "/v1/books/{book}/settlement-days/{day}/comparisons",
        Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead),
    ),
    ("GET", "/v1/settlement-comparisons/{id}", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    ("GET", "/v1/settlement-comparisons/{id}/differences", Access::RoleOrScope(DONOR_READERS, Scope::SettlementsRead)),
    // events: partners see those of their own objects
    ("GET", "/v1/events", Visible),
    // chargebacks: the partner that brought the pledge reports and decides them
    ("POST", "/v1/charges/{id}/chargebacks", Access::Scope(Scope::ChargesWrite)),
    ("GET", "/v1/charges/{id}/chargebacks", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("GET", "/v1/chargebacks/{id}", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("POST", "/v1/chargebacks/{id}:win", Access::Scope(Scope::ChargesWrite)),
    ("POST", "/v1/chargebacks/{id}:lose", Access::Scope(Scope::ChargesWrite)),
    // what stands against losses: people of a team see what it owes
    ("POST", "/v1/books/{book}/risk-reserve:fund", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/receivables", SignedIn),
    ("POST", "/v1/books/{book}/receivables/{team}:recover", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/receivables/{team}:write-off", Access::Role(OWNER)),
    // money that no due date explains: partners report and see their own
    ("POST", "/v1/pledges/{id}/suspense", Access::Scope(Scope::ChargesWrite)),
    ("GET", "/v1/books/{book}/suspense", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("GET", "/v1/suspense/{id}", Access::RoleOrScope(DONOR_READERS, Scope::ChargesRead)),
    ("POST", "/v1/suspense/{id}:match", Access::Role(KEEPERS)),
    ("POST", "/v1/suspense/{id}:return", Access::Role(KEEPERS)),
    // partners and rails that leave: by the owners of the book, and of the partner; the handler looks at both
    ("POST", "/v1/books/{book}/partners/{organisation}:withdraw", Access::Role(OWNER)),
    ("POST", "/v1/books/{book}/partners/{organisation}:restore", Access::Role(OWNER)),
    ("POST", "/v1/books/{book}/rails/{rail}:withdraw", Access::Role(OWNER)),
    ("POST", "/v1/books/{book}/rails/{rail}:restore", Access::Role(OWNER)),
    ("GET", "/v1/books/{book}/withdrawals", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("GET", "/v1/withdrawals/{id}/pledges", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    // donors: by links without an account, whose tokens somebody may guess at
    ("POST", "/v1/pledges/{id}/donor-links", Access::Scope(Scope::PledgesWrite)),
    ("GET", "/v1/pledges/{id}/donor-links", Access::Scope(Scope::PledgesRead)),
    ("DELETE", "/v1/pledges/{id}/donor-links/{link}", Access::Scope(Scope::PledgesWrite)),
    ("GET", "/v1/pledges/{id}/receipts", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("GET", "/v1/receipts/{token}", Guessable),
    ("POST", "/v1/donors/{id}/yearly-receipts", Access::RoleOrScope(KEEPERS, Scope::PledgesWrite)),
    ("POST", "/v1/donors/{id}/yearly-receipts:reissue", Access::Role(KEEPERS)),
    ("GET", "/v1/donors/{id}/yearly-receipts", Access::RoleOrScope(DONOR_READERS, Scope::PledgesRead)),
    ("GET", "/v1/yearly-receipts/{token}", Guessable),
    ("GET", "/v1/donors/{id}/data", Access::Scope(Scope::PledgesRead)),
    ("POST", "/v1/donors/{id}:erase", Access::RoleOrScope(OWNER, Scope::PledgesWrite)),
    // books, and all that is read of them
    ("POST", "/v1/books", RoleOrOperator(KEEPERS)),
    ("GET", "/v1/books", Visible),
    ("GET", "/v1/books/{book}", Visible),
    ("PATCH", "/v1/books/{book}", RoleOrOperator(KEEPERS)),
    ("POST", "/v1/books/{book}:wind-up", Access::Role(OWNER)),
    ("POST", "/v1/books/{book}:resume", Access::Role(OWNER)),
    ("POST", "/v1/books/{book}/wind-up/lines/{account}:plan", Access::Role(OWNER)),
    ("GET", "/v1/books/{book}/wind-up", Visible),
    ("GET", "/v1/books/{book}/wind-up/lines", Visible),
    // partners: of sandbox books that their own organisation owns
    ("POST", "/v1/books/{book}/clock:advance", Access::RoleOrOperatorOrScope(KEEPERS, Scope::ClockWrite)),
    ("POST", "/v1/books/{book}/partners", RoleOrOperator(KEEPERS)),
    ("GET", "/v1/books/{book}/partners", RoleOrOperator(KEEPERS)),
    ("DELETE", "/v1/books/{book}/partners/{organisation}", RoleOrOperator(KEEPERS)),
    ("GET", "/v1/books/{book}/custodians", RoleOrOperator(KEEPERS)),
    ("POST", "/v1/books/{book}/custodians/{organisation}:freeze", RoleOrOperator(OWNER)),
    ("POST", "/v1/books/{book}/custodians/{organisation}:release", RoleOrOperator(OWNER)),
    ("GET", "/v1/books/{book}/jobs", RoleOrOperator(KEEPERS)),
    ("POST", "/v1/books/{book}/jobs/{id}:requeue", RoleOrOperator(OWNER)),
    // the mail of a sandbox book: partners see what is about pledges that they brought
    ("GET", "/v1/books/{book}/outbox", Access::RoleOrOperatorOrScope(KEEPERS, Scope::PledgesRead)),
    ("POST", "/v1/books/{book}/units", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/units", Visible),
    ("GET", "/v1/books/{book}/units/{code}", Visible),
    ("POST", "/v1/books/{book}/accounts", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/accounts", Visible),
    ("GET", "/v1/books/{book}/accounts/{code}/statement", Visible),
    ("GET", "/v1/books/{book}/accounts/{code}/balance", Visible),
    ("POST", "/v1/books/{book}/journal-entries", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/journal-entries:batch", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/journal-entries/{number}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/exchange-results", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/holds", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/holds", Visible),
    ("POST", "/v1/books/{book}/holds/{hold}:capture", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/holds/{hold}:release", Access::Role(KEEPERS)),
    ("POST", "/v1/books/{book}/periods/{date}:close", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/journal-entries", Visible),
    ("GET", "/v1/books/{book}/journal-entries/{number}", Visible),
    ("GET", "/v1/books/{book}/account-tree", Visible),
    ("GET", "/v1/books/{book}/reports/trial-balance", Visible),
    ("GET", "/v1/books/{book}/reports/balance-sheet", Visible),
    ("GET", "/v1/books/{book}/reports/income-statement", Visible),
    ("GET", "/v1/books/{book}/reports/funds", Visible),
    ("GET", "/v1/books/{book}/export", Visible),
    // milestones
    ("POST", "/v1/milestones", Access::Role(KEEPERS)),
    ("GET", "/v1/milestones", Public),
    ("GET", "/v1/milestones/{id}", Public),
    ("POST", "/v1/milestones/{id}:fund", Access::Role(KEEPERS)),
    ("POST", "/v1/milestones/{id}:cancel", Access::Role(KEEPERS)),
    // calls for teams; applications of a team, which it and the host read: the operation looks
    ("POST", "/v1/milestone-calls", Access::Role(KEEPERS)),
    ("GET", "/v1/milestone-calls", Public),
    ("GET", "/v1/milestone-calls/{id}", Public),
    ("POST", "/v1/milestone-calls/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/milestone-calls/{id}/applications", SignedIn),
    ("GET", "/v1/milestone-calls/{id}/applications", SignedIn),
    ("GET", "/v1/milestone-applications/{id}", SignedIn),
    ("POST", "/v1/milestone-applications/{id}:accept", Access::Role(KEEPERS)),
    ("POST", "/v1/milestone-applications/{id}:decline", Access::Role(KEEPERS)),
    ("POST", "/v1/milestone-applications/{id}:withdraw", SignedIn),
    ("GET", "/v1/releases", Public),
    // of whose money it was, only readers of donors see more than totals
    ("GET", "/v1/releases/{id}/sources", Public),
    ("POST", "/v1/ties", SignedIn),
    // webhooks: of the partner that asks, or that a person owns; the handler looks whose the endpoint is
    ("POST", "/v1/webhook-endpoints", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("GET", "/v1/webhook-endpoints", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("GET", "/v1/webhook-endpoints/{id}", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("PATCH", "/v1/webhook-endpoints/{id}", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("DELETE", "/v1/webhook-endpoints/{id}", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("POST", "/v1/webhook-endpoints/{id}:rotate-secret", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("POST", "/v1/webhook-endpoints/{id}:ping", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("POST", "/v1/webhook-endpoints/{id}:replay", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("GET", "/v1/webhook-endpoints/{id}/deliveries", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("GET", "/v1/webhook-endpoints/{id}/deliveries/{event}/attempts", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    ("POST", "/v1/webhook-endpoints/{id}/deliveries/{event}:replay", Access::RoleOrScope(OWNER, Scope::WebhooksWrite)),
    // of a sandbox book that has admitted the partner that asks
    ("POST", "/v1/books/{book}/events:fire", Access::Scope(Scope::WebhooksWrite)),
    // fetches: of who asked; the handler looks whether they have a reason to in the book
    ("POST", "/v1/evidence-fetches", SignedIn),
    ("GET", "/v1/evidence-fetches/{id}", SignedIn),
    // files: of who uploaded them and has a reason to in the book, and of who may read what names them; the handler looks
    ("POST", "/v1/files", SignedIn),
    ("GET", "/v1/files/{id}", SignedIn),
    ("GET", "/v1/files/{id}/content", SignedIn),
    // claims: of the team, of the reviewers of the host; the operation looks at both
    ("POST", "/v1/milestones/{id}/claims", SignedIn),
    ("GET", "/v1/milestones/{id}/claims", SignedIn),
    ("GET", "/v1/claims/{id}", SignedIn),
    ("POST", "/v1/claims/{id}/documents", SignedIn),
    ("GET", "/v1/claims/{id}/documents", SignedIn),
    ("PUT", "/v1/claims/{id}", SignedIn),
    ("POST", "/v1/claims/{id}:submit", SignedIn),
    ("POST", "/v1/claims/{id}/reviews", SignedIn),
    ("GET", "/v1/claims/{id}/reviews", SignedIn),
    ("POST", "/v1/claims/{id}/disputes", SignedIn),
    ("GET", "/v1/claims/{id}/disputes", SignedIn),
    ("POST", "/v1/disputes/{id}:answer", SignedIn),
    ("POST", "/v1/disputes/{id}:reply", SignedIn),
    ("POST", "/v1/disputes/{id}:accept", SignedIn),
    ("POST", "/v1/disputes/{id}:appeal", SignedIn),
    ("POST", "/v1/disputes/{id}:resolve", Access::Role(DECIDERS)),
    // one asks, and somebody else confirms
    ("POST", "/v1/claims/{id}:revoke", Access::Role(DECIDERS)),
    ("POST", "/v1/claims/{id}:write-off", Access::Role(DECIDERS)),
    ("POST", "/v1/claims/{id}:confirm", Access::Role(DECIDERS)),
    ("GET", "/v1/claims/{id}/requests", SignedIn),
    ("POST", "/v1/claims/{id}:recover", Access::Role(KEEPERS)),
    ("GET", "/v1/clawbacks", Public),
    // challenges: from the announcement on everybody who is signed in sees them; before, who may read the book's campaigns
    ("POST", "/v1/updates", SignedIn),
    ("GET", "/v1/updates", Public),
    ("GET", "/v1/updates/{id}", Public),
    ("POST", "/v1/updates/{id}:withdraw", SignedIn),
    ("POST", "/v1/challenges", Access::Role(KEEPERS)),
    ("GET", "/v1/challenges", Public),
    ("GET", "/v1/challenges/{id}", Public),
    ("GET", "/v1/challenges/{id}/rules", Public),
    ("POST", "/v1/challenges/{id}/rules", Access::Role(KEEPERS)),
    ("GET", "/v1/challenges/{id}/prizes", Public),
    ("POST", "/v1/challenges/{id}:publish", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:announce", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:open", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:close-submissions", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:rank", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:cancel", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:extend", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}:roll-over", Access::Role(KEEPERS)),
    ("POST", "/v1/challenges/{id}/rubric", Access::Role(KEEPERS)),
    ("GET", "/v1/challenges/{id}/rubric", Public),
    ("GET", "/v1/challenges/{id}/attributions", Public),
    ("GET", "/v1/challenges/{id}/share-plans", Public),
    ("GET", "/v1/share-plans/{id}", Public),
    ("POST", "/v1/challenges/{id}/award", Access::Role(KEEPERS)),
    ("GET", "/v1/challenges/{id}/award", Public),
    ("POST", "/v1/challenges/{id}/judges", Access::Role(KEEPERS)),
    ("GET", "/v1/challenges/{id}/judges", Access::Role(ANY_ROLE)),
    // purses: partners bring and see their own
    ("POST", "/v1/challenges/{id}/contributions", Access::RoleOrScope(KEEPERS, Scope::ContributionsWrite)),
    ("GET", "/v1/challenges/{id}/contributions", Access::RoleOrScope(DONOR_READERS, Scope::ContributionsRead)),
    ("POST", "/v1/purse-contributions/{id}:capture", Access::RoleOrScope(KEEPERS, Scope::ContributionsWrite)),
    ("POST", "/v1/purse-contributions/{id}:consent", Access::RoleOrScope(KEEPERS, Scope::ContributionsWrite)),
    ("POST", "/v1/purse-contributions/{id}:withdraw", Access::RoleOrScope(KEEPERS, Scope::ContributionsWrite)),
    ("POST", "/v1/entrants/{id}:capture-fee", Access::RoleOrScope(KEEPERS, Scope::ContributionsWrite)),
    // matching rounds: who may read the book's campaigns sees them, and their results once they are published
    ("POST", "/v1/matching-rounds", Access::Role(KEEPERS)),
    ("GET", "/v1/matching-rounds", Public),
    ("GET", "/v1/matching-rounds/{id}", Public),
    ("POST", "/v1/matching-rounds/{id}/campaigns", Access::Role(KEEPERS)),
    ("GET", "/v1/matching-rounds/{id}/campaigns", Public),
    ("POST", "/v1/matching-rounds/{id}:open", Access::Role(KEEPERS)),
    ("POST", "/v1/matching-rounds/{id}:publish", Access::Role(KEEPERS)),
    ("POST", "/v1/matching-rounds/{id}:recompute", Access::Role(KEEPERS)),
    ("POST", "/v1/matching-rounds/{id}:finalise", Access::Role(KEEPERS)),
    ("POST", "/v1/matching-rounds/{id}:cancel", Access::Role(KEEPERS)),
    ("GET", "/v1/matching-rounds/{id}/shares", Public),
    ("GET", "/v1/matching-rounds/{id}/clawbacks", Public),
    ("GET", "/v1/matching-rounds/{id}/export", Public),
    ("POST", "/v1/matching-rounds/{id}/objections", Access::Role(ANY_ROLE)),
    ("GET", "/v1/matching-rounds/{id}/objections", Access::Role(ANY_ROLE)),
    // their pools: partners bring and see their own; what partners say of donors that they brought
    ("POST", "/v1/matching-rounds/{id}/contributions", Access::RoleOrScope(KEEPERS, Scope::ContributionsWrite)),
    ("GET", "/v1/matching-rounds/{id}/contributions", Access::RoleOrScope(DONOR_READERS, Scope::ContributionsRead)),
    ("POST", "/v1/matching-rounds/{id}/votes", Access::Scope(Scope::PledgesWrite)),
    ("POST", "/v1/donors/{id}/identity", Access::Scope(Scope::PledgesWrite)),
    // entries and submissions: of members of teams; the operation looks
    ("POST", "/v1/challenges/{id}/entries", SignedIn),
    ("POST", "/v1/challenges/{id}/entry-imports", SignedIn),
    ("GET", "/v1/challenges/{id}/entries", SignedIn),
    ("POST", "/v1/entrants/{id}:consent", SignedIn),
    ("POST", "/v1/entrants/{id}:withdraw", SignedIn),
    ("POST", "/v1/challenges/{id}/appeals", SignedIn),
    ("GET", "/v1/challenges/{id}/appeals", SignedIn),
    ("POST", "/v1/appeals/{id}:uphold", Access::Role(&[Role::Owner])),
    ("POST", "/v1/appeals/{id}:dismiss", Access::Role(&[Role::Owner])),
    ("POST", "/v1/challenges/{id}/submissions", SignedIn),
    ("GET", "/v1/challenges/{id}/submissions", SignedIn),
    ("GET", "/v1/submissions/{id}", SignedIn),
    ("PUT", "/v1/submissions/{id}", SignedIn),
    ("POST", "/v1/submissions/{id}:submit", SignedIn),
    ("POST", "/v1/submissions/{id}/share-plans", SignedIn),
    ("POST", "/v1/share-plans/{id}:revise", SignedIn),
    ("POST", "/v1/share-plans/{id}:attest", SignedIn),
    ("POST", "/v1/share-plans/{id}:object", SignedIn),
    ("POST", "/v1/share-plans/{id}:decide", Access::Role(&[Role::Owner])),
    ("POST", "/v1/submissions/{id}/scores", Access::Role(JUDGES)),
    ("GET", "/v1/submissions/{id}/scores", SignedIn),
    // cooperatives: plain members see of distributions and statements their own shares
    ("POST", "/v1/cooperatives/{book}/members", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/members", Access::Role(COOPERATORS)),
    ("POST", "/v1/members/{id}:leave", Access::Role(KEEPERS)),
    ("POST", "/v1/members/{id}:consent", Access::Role(MEMBER)),
    ("GET", "/v1/members/{id}/consents", Access::Role(COOPERATORS)),
    ("POST", "/v1/cooperatives/{book}/bylaws", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/bylaws", Access::Role(COOPERATORS)),
    ("POST", "/v1/members/{id}/indices", Access::Role(KEEPERS)),
    ("GET", "/v1/members/{id}/indices", Access::Role(COOPERATORS)),
    ("POST", "/v1/cooperatives/{book}/contributions", Access::Role(CONTRIBUTORS)),
    ("GET", "/v1/cooperatives/{book}/contributions", Access::Role(COOPERATORS)),
    ("POST", "/v1/contributions/{id}:attest", Access::Role(MEMBER)),
    ("POST", "/v1/contributions/{id}:reverse", Access::Role(CONTRIBUTORS)),
    ("POST", "/v1/cooperatives/{book}/allocation-rules", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/allocation-rules:preview", Access::Role(COOPERATORS)),
    ("GET", "/v1/cooperatives/{book}/allocation-rules", Access::Role(COOPERATORS)),
    ("GET", "/v1/allocation-rule-presets", Public),
    ("POST", "/v1/cooperatives/{book}/proceeds", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/proceeds", Access::Role(COOPERATORS)),
    ("POST", "/v1/proceeds/{id}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/results", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/results", Access::Role(COOPERATORS)),
    ("POST", "/v1/results/{id}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/distributions", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/distributions", Access::Role(COOPERATORS)),
    ("GET", "/v1/cooperatives/{book}/statements", Access::Role(COOPERATORS)),
    ("GET", "/v1/statements/{id}", Access::Role(COOPERATORS)),
    ("GET", "/v1/cooperatives/{book}/tax-years/{year}", Access::Role(COOPERATORS)),
    ("GET", "/v1/cooperatives/{book}/tax-years/{year}/file", Access::Role(PAYOUT_READERS)),
    ("GET", "/v1/cooperatives/{book}/dissolution", Access::Role(COOPERATORS)),
    ("GET", "/v1/distributions/{id}", Access::Role(COOPERATORS)),
    ("GET", "/v1/distributions/{id}/shares", Access::Role(COOPERATORS)),
    ("GET", "/v1/distributions/{id}/objections", Access::Role(COOPERATORS)),
    ("POST", "/v1/distributions/{id}:open", Access::Role(KEEPERS)),
    ("POST", "/v1/distributions/{id}:object", Access::Role(MEMBER)),
    ("POST", "/v1/distributions/{id}:approve", Access::Role(DECIDERS)),
    ("POST", "/v1/distributions/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/distributions/{id}:reverse", Access::Role(REVERSERS)),
    ("POST", "/v1/cooperatives/{book}/vat-declarations", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/vat-declarations", Access::Role(COOPERATORS)),
    ("POST", "/v1/vat-declarations/{id}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/openings", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/openings", Access::Role(COOPERATORS)),
    ("POST", "/v1/openings/{id}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/advances", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/advances", Access::Role(COOPERATORS)),
    ("POST", "/v1/advances/{id}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/joining-contributions", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/joining-contributions", Access::Role(COOPERATORS)),
    ("GET", "/v1/joining-contributions/{id}", Access::Role(COOPERATORS)),
    ("POST", "/v1/joining-contributions/{id}:cancel", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/loan-terms", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/loan-terms", Access::Role(COOPERATORS)),
    ("GET", "/v1/cooperatives/{book}/loans", Access::Role(COOPERATORS)),
    ("POST", "/v1/cooperatives/{book}/remittances", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/remittances", Access::Role(COOPERATORS)),
    ("GET", "/v1/remittances/{id}", Access::Role(COOPERATORS)),
    ("POST", "/v1/remittances/{id}:approve", Access::Role(DECIDERS)),
    ("POST", "/v1/remittances/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/remittances/{id}:pay", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/incoming-remittances", Access::Role(COOPERATORS)),
    ("POST", "/v1/incoming-remittances/{id}:accept", Access::Role(KEEPERS)),
    ("POST", "/v1/incoming-remittances/{id}:decline", Access::Role(KEEPERS)),
    ("POST", "/v1/incoming-remittances/{id}:receive", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/affiliations", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/affiliations", Access::Role(COOPERATORS)),
    ("GET", "/v1/affiliations/{id}", Access::Role(COOPERATORS)),
    ("POST", "/v1/affiliations/{id}:accept", Access::Role(DECIDERS)),
    ("POST", "/v1/affiliations/{id}:decline", Access::Role(DECIDERS)),
    ("POST", "/v1/affiliations/{id}:end", Access::Role(COOPERATORS)),
    ("GET", "/v1/cooperatives/{book}/consolidation", Access::Role(COOPERATORS)),
    ("POST", "/v1/cooperatives/{book}/rule-making", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/rule-making", Access::Role(COOPERATORS)),
    ("POST", "/v1/cooperatives/{book}/successions", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/successions", Access::Role(COOPERATORS)),
    ("POST", "/v1/successions/{id}:reverse", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/loan-interest", Access::Role(KEEPERS)),
    // programmes: as the reports, for those who read the book; who works in them, for those who keep it
    ("GET", "/v1/programme-presets", Public),
    ("POST", "/v1/books/{book}/programmes", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/programmes", Visible),
    ("GET", "/v1/programmes/{id}", Visible),
    ("GET", "/v1/programmes/{id}/report", Visible),
    ("POST", "/v1/programmes/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/programmes/{id}:revise", Access::Role(KEEPERS)),
    ("GET", "/v1/programmes/{id}/versions", Visible),
    ("POST", "/v1/programmes/{id}/hires", Access::Role(KEEPERS)),
    ("GET", "/v1/programmes/{id}/hires", Access::Role(DONOR_READERS)),
    ("POST", "/v1/hires/{id}:end", Access::Role(KEEPERS)),
    // products: as programmes
    ("POST", "/v1/books/{book}/products", Access::Role(KEEPERS)),
    ("GET", "/v1/books/{book}/products", Visible),
    ("GET", "/v1/books/{book}/pipeline", Visible),
    ("GET", "/v1/products/{id}", Visible),
    ("POST", "/v1/products/{id}:advance", Access::Role(KEEPERS)),
    ("POST", "/v1/products/{id}:stop", Access::Role(KEEPERS)),
    ("POST", "/v1/products/{id}/milestones", Access::Role(KEEPERS)),
    ("POST", "/v1/products/{id}/advantages", Access::Role(KEEPERS)),
    ("GET", "/v1/products/{id}/advantages", Visible),
    ("GET", "/v1/products/{id}/loop", Visible),
    // votes: what somebody voted, and to whom a vote was given, is shown to that member alone
    ("POST", "/v1/cooperatives/{book}/proposals", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/proposals", Access::Role(COOPERATORS)),
    ("GET", "/v1/proposals/{id}", Access::Role(COOPERATORS)),
    ("GET", "/v1/proposals/{id}/electors", Access::Role(COOPERATORS)),
    ("POST", "/v1/proposals/{id}:vote", Access::Role(MEMBER)),
    ("POST", "/v1/proposals/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/cooperatives/{book}/delegation", Access::Role(MEMBER)),
    ("GET", "/v1/cooperatives/{book}/delegation", Access::Role(MEMBER)),
    ("POST", "/v1/cooperatives/{book}/redemptions", Access::Role(KEEPERS)),
    ("GET", "/v1/cooperatives/{book}/redemptions", Access::Role(COOPERATORS)),
    ("GET", "/v1/redemptions/{id}", Access::Role(COOPERATORS)),
    ("GET", "/v1/redemptions/{id}/parts", Access::Role(COOPERATORS)),
    ("POST", "/v1/redemptions/{id}:approve", Access::Role(DECIDERS)),
    ("POST", "/v1/redemptions/{id}:withdraw", Access::Role(KEEPERS)),
    ("POST", "/v1/redemptions/{id}:reverse", Access::Role(REVERSERS)),
];

/// Whom a route asks for a second factor that was proved a short while ago. Partners have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nobody.
    Nobody,
    /// Operators, who have no role there or act beside it.
    Operators,
    /// Every person.
    Everybody,
    /// Every person, also where the setting asks only those who have one.
    Strictly,
}

/// The routes that ask more for a second factor than every route does by which operators change something ([`second_factor`]): where
/// payouts are approved or handed to a bank, where payees say to which account, and what weakens the factor itself.
pub const SECOND_FACTOR: &[(&str, &str, Demand)] = &[
    ("POST", "/v1/payouts/{id}:approve", Demand::Everybody),
    ("POST", "/desk/payouts/{id}/approve", Demand::Everybody),
    ("POST", "/v1/payout-runs/{id}:approve", Demand::Everybody),
    ("POST", "/desk/payout-runs/{id}/approve", Demand::Everybody),
    ("POST", "/desk/payout-runs/{id}/send", Demand::Everybody),
    ("GET", "/desk/payout-files/{id}/content", Demand::Everybody),
    ("POST", "/v1/books/{book}/payouts:approve-batch", Demand::Everybody),
    ("POST", "/v1/books/{book}/payout-files", Demand::Everybody),
    ("POST", "/v1/payout-runs/{id}:send", Demand::Everybody),
    ("GET", "/v1/payout-files/{id}/content", Demand::Everybody),
    ("POST", "/v1/organisations/{id}/bank-accounts", Demand::Everybody),
    ("POST", "/v1/me/bank-accounts", Demand::Everybody),
    ("POST", "/v1/bank-accounts/{id}:confirm", Demand::Everybody),
    ("POST", "/desk/bank-accounts/{id}/confirm", Demand::Everybody),
    ("POST", "/v1/bank-differences/{id}:approve", Demand::Everybody),
    ("POST", "/v1/me/second-factor:renew-recovery-codes", Demand::Everybody),
    ("POST", "/v1/me/second-factor:remove", Demand::Everybody),
    ("POST", "/me/second-factor/recovery-codes", Demand::Everybody),
    ("POST", "/me/second-factor/remove", Demand::Everybody),
    ("POST", "/v1/persons/{id}/second-factor:reset", Demand::Strictly),
    ("POST", "/v1/persons/{id}/second-factor:refuse-reset", Demand::Strictly),
];

/// Whom a route asks for a second factor: as [`SECOND_FACTOR`] says, else of operators all that changes something.
pub fn second_factor(method: &str, path: &str, access: Access) -> Demand {
    let row = SECOND_FACTOR.iter().find(|(of_row, template, _)| *of_row == method && *template == path);
    match row {
        Some((_, _, demand)) => *demand,
        None if access.admits_operators() && method != "GET" => Demand::Operators,
        None => Demand::Nobody,
    }
}

impl Demand {
    /// For the contract, whom it asks; nothing when it asks nobody.
    pub fn phrase(self) -> Option<&'static str> {
        match self {
            Demand::Nobody => None,
            Demand::Operators => Some("operator"),
            Demand::Everybody | Demand::Strictly => Some("person"),
        }
    }
}

/// Pages for browsers, which are no part of the contract: method, path, who may. What is asked for by GET may be asked for by
/// HEAD. A cookie says who asks, and no token does; without one, whoever may not is led to the sign-in.
pub const PAGES: &[(&str, &str, Access)] = &[
    ("GET", "/", Visible),
    ("GET", "/home.json", Visible),
    ("GET", "/home.csv", Visible),
    ("POST", "/language", Public),
    ("POST", "/receipts", Public),
    ("GET", "/me", InBrowser),
    ("POST", "/me/name", InBrowser),
    ("GET", "/style.css", Public),
    ("GET", "/sign-in", Public),
    ("POST", "/sign-in", Guessable),
    ("GET", "/sign-up", Public),
    ("POST", "/sign-up", Guessable),
    ("GET", "/sign-in/code", Public),
    ("POST", "/sign-in/code", Guessable),
    ("POST", "/sign-in/link", Guessable),
    ("GET", "/sign-in/{secret}", Public),
    ("POST", "/sign-out", InBrowser),
    ("POST", "/sign-out/everywhere", InBrowser),
    ("GET", "/plan-changes/{id}/{secret}", Public),
    ("POST", "/plan-changes/consent", Guessable),
    ("GET", "/plan-moves/{id}/{secret}", Public),
    ("POST", "/plan-moves/answer", Guessable),
    ("GET", "/donors/{token}", Guessable),
    ("GET", "/donors/{token}/data.json", Guessable),
    ("GET", "/donors/{token}/receipts/{number}", Guessable),
    ("GET", "/donors/{token}/yearly-receipts/{id}", Guessable),
    ("GET", "/donors/{token}/years/{year}", Guessable),
    ("POST", "/donors/yearly-receipts", Guessable),
    ("POST", "/donors/change", Guessable),
    ("GET", "/receipts/{token}", Guessable),
    ("GET", "/bank-accounts/{id}/{secret}", Public),
    ("POST", "/bank-accounts/confirm", Guessable),
    ("GET", "/challenges/{id}", Public),
    ("GET", "/challenges/{id}/badge.svg", Public),
    ("GET", "/campaigns/{id}/badge.svg", Public),
    ("GET", "/cooperatives/{id}", Public),
    ("GET", "/programmes/{id}", Public),
    ("GET", "/pipelines/{id}", Public),
    ("GET", "/products/{id}", Public),
    ("GET", "/campaigns/{id}", Visible),
    ("GET", "/milestones/{id}", Visible),
    ("GET", "/calls/{id}", Visible),
    ("GET", "/campaigns/{id}/updates", Visible),
    ("GET", "/campaigns/{id}/updates.{form}", Visible),
    ("GET", "/challenges/{id}/updates", Public),
    ("GET", "/challenges/{id}/updates.{form}", Public),
    ("GET", "/milestones/{id}/updates", Visible),
    ("GET", "/milestones/{id}/updates.{form}", Visible),
    ("GET", "/books/{id}", Visible),
    ("GET", "/books/{id}/search", Visible),
    ("GET", "/books/{id}/search.{form}", Visible),
    ("GET", "/books/{id}/corrections", Visible),
    ("GET", "/books/{id}/corrections.{form}", Visible),
    ("GET", "/books/{id}/accounts/{code}", Visible),
    ("GET", "/books/{id}/entries/{number}", Visible),
    ("GET", "/check", Visible),
    ("GET", "/check.{form}", Visible),
    ("GET", "/unsubscribe/{token}", Public),
    ("POST", "/unsubscribe/{token}", Public),
    ("POST", "/unsubscribe/{token}/again", Guessable),
    ("GET", "/invitations/{secret}", Public),
    ("POST", "/invitations/accept", InBrowser),
    ("POST", "/invitations/decline", InBrowser),
    // desks: the operations look for the role, as they do where the API calls them
    ("GET", "/desk/claims/{id}", InBrowser),
    ("POST", "/desk/claims/{id}/reviews", InBrowser),
    ("POST", "/desk/claims/{id}/tie", InBrowser),
    ("POST", "/desk/claims/{id}/submit", InBrowser),
    ("GET", "/desk/milestones", InBrowser),
    ("GET", "/desk/calls/{id}", InBrowser),
    ("POST", "/desk/calls/{id}/withdraw", Access::Role(KEEPERS)),
    ("GET", "/desk/calls/{id}/apply", InBrowser),
    ("POST", "/desk/calls/{id}/apply", InBrowser),
    ("POST", "/desk/applications/{id}/accept", Access::Role(KEEPERS)),
    ("POST", "/desk/applications/{id}/decline", Access::Role(KEEPERS)),
    ("POST", "/desk/applications/{id}/withdraw", InBrowser),
    ("GET", "/desk/updates/{id}", InBrowser),
    ("POST", "/desk/updates/{id}", InBrowser),
    ("POST", "/desk/updates/{id}/withdraw", InBrowser),
    ("GET", "/desk/milestones/{id}/claim", InBrowser),
    ("POST", "/desk/milestones/{id}/claim", InBrowser),
    ("GET", "/desk/files/{id}", InBrowser),
    ("GET", "/desk/payouts/{id}", InBrowser),
    ("POST", "/desk/payouts/{id}/approve", Access::Role(DECIDERS)),
    ("POST", "/desk/payouts/{id}/send", Access::Role(KEEPERS)),
    ("POST", "/desk/payouts/{id}/decide", Access::Operator),
    ("GET", "/desk/distributions/{id}", Access::Role(COOPERATORS)),
    ("POST", "/desk/distributions/{id}/open", Access::Role(KEEPERS)),
    ("POST", "/desk/distributions/{id}/approve", Access::Role(DECIDERS)),
    ("POST", "/desk/distributions/{id}/withdraw", Access::Role(KEEPERS)),
    ("GET", "/desk/proceeds/{id}", Access::Role(KEEPERS)),
    ("POST", "/desk/proceeds/{id}/reverse", Access::Role(KEEPERS)),
    ("GET", "/desk/contributions/{id}", Access::Role(CONTRIBUTORS)),
    ("POST", "/desk/contributions/{id}/reverse", Access::Role(CONTRIBUTORS)),
    ("GET", "/desk/bank-accounts/{id}", InBrowser),
    ("POST", "/desk/bank-accounts/{id}/confirm", InBrowser),
    ("POST", "/desk/bank-accounts/{id}/reject", InBrowser),
    ("GET", "/desk/submissions/{id}/scores", InBrowser),
    ("POST", "/desk/submissions/{id}/scores", Access::Role(JUDGES)),
    ("POST", "/desk/submissions/{id}/tie", InBrowser),
    ("GET", "/desk/partners/{id}", RoleOrOperator(OWNER)),
    ("POST", "/desk/partners/{id}/credentials", RoleOrOperator(OWNER)),
    ("POST", "/desk/partners/{id}/credentials/{credential}/rotate", RoleOrOperator(OWNER)),
    ("POST", "/desk/partners/{id}/credentials/{credential}/revoke", RoleOrOperator(OWNER)),
    ("GET", "/desk/partners/{id}/requests", RoleOrOperator(OWNER)),
    ("GET", "/desk/partners/{id}/books/{book}/endpoints", Access::Role(OWNER)),
    ("POST", "/desk/partners/{id}/books/{book}/endpoints", Access::Role(OWNER)),
    ("GET", "/desk/endpoints/{id}", Access::Role(OWNER)),
    ("POST", "/desk/endpoints/{id}/turn", Access::Role(OWNER)),
    ("POST", "/desk/endpoints/{id}/ping", Access::Role(OWNER)),
    ("POST", "/desk/endpoints/{id}/rotate", Access::Role(OWNER)),
    ("POST", "/desk/endpoints/{id}/delete", Access::Role(OWNER)),
    ("GET", "/desk/endpoints/{id}/deliveries/{event}", Access::Role(OWNER)),
    ("POST", "/desk/endpoints/{id}/deliveries/{event}/replay", Access::Role(OWNER)),
    ("GET", "/desk/books/{id}", Access::Role(KEEPERS)),
    ("GET", "/desk/books/{id}/campaigns", Access::Role(KEEPERS)),
    ("POST", "/desk/books/{id}/campaigns", Access::Role(KEEPERS)),
    ("GET", "/desk/books/{id}/challenges", Access::Role(KEEPERS)),
    ("POST", "/desk/books/{id}/challenges", Access::Role(KEEPERS)),
    ("GET", "/desk/books/{id}/milestones", Access::Role(KEEPERS)),
    ("POST", "/desk/books/{id}/milestones", Access::Role(KEEPERS)),
    ("GET", "/desk/books/{id}/calls", Access::Role(KEEPERS)),
    ("POST", "/desk/books/{id}/calls", Access::Role(KEEPERS)),
    ("GET", "/desk/books/{id}/payout-runs", Access::Role(KEEPERS)),
    ("POST", "/desk/books/{id}/payout-runs", Access::Role(KEEPERS)),
    ("GET", "/desk/affiliations/{id}", Access::Role(DECIDERS)),
    ("POST", "/desk/affiliations/{id}/accept", Access::Role(DECIDERS)),
    ("POST", "/desk/affiliations/{id}/decline", Access::Role(DECIDERS)),
    ("POST", "/desk/affiliations/{id}/end", Access::Role(COOPERATORS)),
    ("GET", "/desk/books/{id}/bank-lines", Access::Role(KEEPERS)),
    ("GET", "/desk/bank-lines/{id}", Access::Role(KEEPERS)),
    ("POST", "/desk/bank-lines/{id}/book", Access::Role(KEEPERS)),
    ("POST", "/desk/bank-lines/{id}/unbook", Access::Role(KEEPERS)),
    ("GET", "/desk/payout-runs/{id}", Access::Role(PAYOUT_READERS)),
    ("POST", "/desk/payout-runs/{id}/approve", Access::Role(DECIDERS)),
    ("POST", "/desk/payout-runs/{id}/send", Access::Role(KEEPERS)),
    ("POST", "/desk/payout-runs/{id}/cancel", Access::Role(KEEPERS)),
    ("GET", "/desk/payout-files/{id}/content", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}", Access::Role(COOPERATORS)),
    ("GET", "/desk/cooperatives/{id}/proceeds", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/proceeds", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/opening", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/opening", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/proceeds/table", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/proceeds/table", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/distributions", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/distributions", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/results", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/me", Access::Role(COOPERATORS)),
    ("POST", "/desk/members/{id}/consent", Access::Role(MEMBER)),
    ("GET", "/desk/cooperatives/{id}/members", Access::Role(COOPERATORS)),
    ("POST", "/desk/cooperatives/{id}/members", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/departures", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/redemptions", Access::Role(COOPERATORS)),
    ("POST", "/desk/cooperatives/{id}/redemptions", Access::Role(KEEPERS)),
    ("POST", "/desk/redemptions/{id}/approve", Access::Role(DECIDERS)),
    ("POST", "/desk/redemptions/{id}/withdraw", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/votes", Access::Role(COOPERATORS)),
    ("POST", "/desk/cooperatives/{id}/votes", Access::Role(KEEPERS)),
    ("POST", "/desk/cooperatives/{id}/delegation", Access::Role(MEMBER)),
    ("GET", "/desk/proposals/{id}", Access::Role(COOPERATORS)),
    ("POST", "/desk/proposals/{id}/vote", Access::Role(MEMBER)),
    ("POST", "/desk/proposals/{id}/withdraw", Access::Role(KEEPERS)),
    ("GET", "/desk/cooperatives/{id}/hours", Access::Role(CONTRIBUTORS)),
    ("POST", "/desk/cooperatives/{id}/hours", Access::Role(CONTRIBUTORS)),
    ("POST", "/desk/cooperatives/{id}/attestations", Access::Role(MEMBER)),
    ("POST", "/desk/distributions/{id}/object", Access::Role(MEMBER)),
    ("GET", "/desk/operator", Access::Operator),
    ("POST", "/desk/operator/invitations", RoleOrOperator(OWNER)),
    // of the installation, in which nobody has a role: operators alone
    ("POST", "/desk/jobs/{id}/requeue", RoleOrOperator(OWNER)),
    ("POST", "/desk/books/{book}/jobs/{id}/requeue", RoleOrOperator(OWNER)),
    ("GET", "/me/second-factor", InBrowser),
    ("POST", "/me/second-factor/proof", InBrowser),
    ("POST", "/me/second-factor/begin", InBrowser),
    ("POST", "/me/second-factor/confirm", InBrowser),
    ("POST", "/me/second-factor/recovery-codes", InBrowser),
    ("POST", "/me/second-factor/remove", InBrowser),
    ("GET", "/desk/organisations/new", InBrowser),
    ("POST", "/desk/organisations", InBrowser),
    ("GET", "/desk/organisations/{id}", RoleOrOperator(ANY_ROLE)),
    ("GET", "/me/join-requests", InBrowser),
    ("GET", "/desk/organisations/{id}/join", InBrowser),
    ("POST", "/desk/organisations/{id}/join", InBrowser),
    ("GET", "/desk/join-requests/{id}", Access::Role(OWNER)),
    ("POST", "/desk/join-requests/{id}/accept", Access::Role(OWNER)),
    ("POST", "/desk/join-requests/{id}/decline", Access::Role(OWNER)),
    ("POST", "/desk/join-requests/{id}/withdraw", InBrowser),
    ("GET", "/desk/challenges/{id}/enter", InBrowser),
    ("POST", "/desk/challenges/{id}/enter", InBrowser),
];

/// The page to which programs that read mail post, from anywhere (RFC 8058): its path holds a signed link, which is all that counts.
pub const ONE_CLICK: &str = "/unsubscribe/{token}";

/// The documentation: these paths and all below them.
const DOCS: &[&str] = &["/docs"];

impl Access {
    /// The roles of persons that may.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Access::Role(roles)
            | Access::RoleOrOperator(roles)
            | Access::RoleOrScope(roles, _)
            | Access::RoleOrOperatorOrScope(roles, _) => roles,
            Access::Public
            | Access::Guessable
            | Access::Signed
            | Access::Visible
            | Access::SignedIn
            | Access::InBrowser
            | Access::Operator
            | Access::Scope(_)
            | Access::SignedInOrScope(_) => &[],
        }
    }

    /// The scope that a partner's token needs; none when no partner may.
    pub fn scope(self) -> Option<Scope> {
        match self {
            Access::Scope(scope)
            | Access::RoleOrScope(_, scope)
            | Access::RoleOrOperatorOrScope(_, scope)
            | Access::SignedInOrScope(scope) => Some(scope),
            Access::Public
            | Access::Guessable
            | Access::Signed
            | Access::Visible
            | Access::SignedIn
            | Access::InBrowser
            | Access::Operator
            | Access::Role(_)
            | Access::RoleOrOperator(_) => None,
        }
    }

    /// Whether no token is needed.
    pub fn is_open(self) -> bool {
        match self {
            Access::Public | Access::Guessable | Access::Signed | Access::Visible => true,
            Access::SignedIn
            | Access::InBrowser
            | Access::Operator
            | Access::Role(_)
            | Access::RoleOrOperator(_)
            | Access::Scope(_)
            | Access::RoleOrScope(..)
            | Access::RoleOrOperatorOrScope(..)
            | Access::SignedInOrScope(_) => false,
        }
    }

    /// Whether a person may come in, at all.
    pub fn admits_persons(self) -> bool {
        match self {
            Access::Scope(_) => false,
            Access::Public
            | Access::Guessable
            | Access::Signed
            | Access::Visible
            | Access::SignedIn
            | Access::InBrowser
            | Access::Operator
            | Access::Role(_)
            | Access::RoleOrOperator(_)
            | Access::RoleOrScope(..)
            | Access::RoleOrOperatorOrScope(..)
            | Access::SignedInOrScope(_) => true,
        }
    }

    /// Whether operators may although they have no role.
    pub fn admits_operators(self) -> bool {
        match self {
            Access::Operator | Access::RoleOrOperator(_) | Access::RoleOrOperatorOrScope(..) => true,
            Access::Public
            | Access::Guessable
            | Access::Signed
            | Access::Visible
            | Access::SignedIn
            | Access::InBrowser
            | Access::Role(_)
            | Access::Scope(_)
            | Access::RoleOrScope(..)
            | Access::SignedInOrScope(_) => false,
        }
    }

    /// For the contract, one short phrase each.
    pub fn phrases(self) -> Vec<String> {
        let mut phrases = Vec::new();
        match self {
            Access::Public | Access::Guessable => phrases.push("everybody".to_owned()),
            Access::Signed => phrases.push("the provider, by its signature".to_owned()),
            Access::Visible => phrases.push("readers of the book, by its visibility".to_owned()),
            Access::SignedIn | Access::SignedInOrScope(_) => phrases.push("person".to_owned()),
            Access::InBrowser => phrases.push("person, with a browser".to_owned()),
            Access::Operator
            | Access::Role(_)
            | Access::RoleOrOperator(_)
            | Access::Scope(_)
            | Access::RoleOrScope(..)
            | Access::RoleOrOperatorOrScope(..) => {}
        }
        phrases.extend(self.roles().iter().map(|role| format!("role {role}")));
        if self.admits_operators() {
            phrases.push("operator".to_owned());
        }
        phrases.extend(self.scope().map(|scope| format!("scope {scope}")));
        phrases
    }
}

/// What the table says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The row: its path and who may.
    Route(&'static str, Access),
    /// The path exists with these methods only.
    OtherMethods(Vec<&'static str>),
    /// There is no such path.
    Nothing,
}

/// The row for a method and a decoded path. Of several that fit, the one with the most literal text.
pub fn find(method: &str, path: &str) -> Found {
    let is_below = |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if let Some(page) = DOCS.iter().copied().find(|page| is_below(page)) {
        return if method == "GET" { Found::Route(page, Public) } else { Found::OtherMethods(vec!["GET"]) };
    }
    if is_page(path) {
        return find_in(&PAGE_ROWS, PAGES, if method == "HEAD" { "GET" } else { method }, path);
    }
    find_in(&ROWS, TABLE, method, path)
}

/// Whether a decoded path is that of a page for browsers, whatever the method.
pub fn is_page(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    PAGE_ROWS.iter().any(|template| template.fits(&segments))
}

static ROWS: LazyLock<Vec<Template>> = LazyLock::new(|| templates(TABLE));
static PAGE_ROWS: LazyLock<Vec<Template>> = LazyLock::new(|| templates(PAGES));

fn templates(table: &[(&str, &'static str, Access)]) -> Vec<Template> {
    table.iter().map(|(_, template, _)| Template::new(template)).collect()
}

fn find_in(rows: &[Template], table: &[(&'static str, &'static str, Access)], method: &str, path: &str) -> Found {
    let segments: Vec<&str> = path.split('/').collect();
    let fitting: Vec<_> = rows.iter().zip(table).filter(|(template, _)| template.fits(&segments)).collect();
    let Some(literals) = fitting.iter().map(|(template, _)| template.literals).max() else {
        return Found::Nothing;
    };
    let mut methods = Vec::new();
    for (_, (of_row, path, access)) in fitting.into_iter().filter(|(template, _)| template.literals == literals) {
        if *of_row == method {
            return Found::Route(path, *access);
        }
        methods.push(*of_row);
    }
    Found::OtherMethods(methods)
}

/// The path of a row, taken apart once: it is looked for on every request.
struct Template {
    parts: Vec<Part>,
    literals: usize,
}

/// What stands between two slashes of a template.
enum Part {
    Literal(&'static str),
    /// `{name}` stands for one or more characters other than a slash, between what is literal before and after it.
    Named(&'static str, &'static str),
}

impl Template {
    fn new(template: &'static str) -> Template {
        let part = |text: &'static str| match (text.find('{'), text.find('}')) {
            (Some(open), Some(close)) => Part::Named(&text[..open], &text[close + 1..]),
            _ => Part::Literal(text),
        };
        Template { parts: template.split('/').map(part).collect(), literals: literals(template) }
    }

    /// Whether a path fits, which comes split at its slashes.
    fn fits(&self, path: &[&str]) -> bool {
        self.parts.len() == path.len() && self.parts.iter().zip(path).all(|(part, segment)| part.fits(segment))
    }
}

impl Part {
    fn fits(&self, segment: &str) -> bool {
        match self {
            Part::Literal(text) => *text == segment,
            Part::Named(before, after) => {
                segment.len() > before.len() + after.len() && segment.starts_with(before) && segment.ends_with(after)
            }
        }
    }
}

/// How much of a template is literal.
fn literals(template: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for character in template.chars() {
        match character {
            '{' => inside = true,
            '}' => inside = false,
            _ if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// Compares the table with the operations of the contract: `(method, path)` pairs. What is on one side only is an error.
#[cfg(test)]
pub(crate) fn compare(operations: &[(String, String)]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (method, path) in operations {
        if !TABLE.iter().any(|(of_row, template, _)| of_row == method && template == path) {
            wrong.push(format!("{method} {path} is routed, but not in the table of who_may.rs"));
        }
    }
    for (method, path, _) in TABLE {
        if !operations.iter().any(|(of_route, routed)| of_route == method && routed == path) {
            wrong.push(format!("{method} {path} is in the table of who_may.rs, but not routed"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(template: &'static str, path: &str) -> bool {
        Template::new(template).fits(&path.split('/').collect::<Vec<_>>())
    }

    #[test]
    fn the_row_with_the_most_literal_text_is_the_one_meant() {
        assert!(fits("/v1/pledges/{id}", "/v1/pledges/plg_a"));
        assert!(fits("/v1/pledges/{id}:pause", "/v1/pledges/plg_a:pause"));
        assert!(!fits("/v1/pledges/{id}:pause", "/v1/pledges/:pause"));
        assert!(!fits("/v1/pledges/{id}", "/v1/pledges/"));
        assert!(!fits("/v1/pledges/{id}", "/v1/pledges/a/b"));
        assert!(literals("/v1/pledges/{id}:pause") > literals("/v1/pledges/{id}"));
        assert_eq!(find("GET", "/v1/organisations"), Found::Route("/v1/organisations", SignedIn));
        assert_eq!(find("DELETE", "/v1/organisations"), Found::OtherMethods(vec!["POST", "GET"]));
        assert_eq!(find("GET", "/v2/organisations"), Found::Nothing);
        assert_eq!(find("GET", "/docs"), Found::Route("/docs", Public));
        assert_eq!(find("GET", "/docs/index.css"), Found::Route("/docs", Public));
        assert_eq!(find("GET", "/docsy"), Found::Nothing);
    }

    #[test]
    fn every_row_is_there_once_and_admits_somebody() {
        let all: Vec<_> = TABLE.iter().chain(PAGES).collect();
        for (index, (method, path, access)) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|(m, p, _)| (m, p) != (method, path)), "{method} {path}");
            assert!(!access.phrases().is_empty(), "{method} {path}");
        }
    }

    #[test]
    fn sf_a_second_factor_is_asked_for_where_there_is_such_a_route_and_of_whoever_may_use_it() {
        for (method, path, demand) in SECOND_FACTOR {
            let row = TABLE.iter().chain(PAGES).find(|(of_row, template, _)| of_row == method && template == path);
            let (_, _, access) = row.unwrap_or_else(|| panic!("{method} {path}"));
            assert!(access.admits_persons() && demand.phrase().is_some(), "{method} {path}");
        }
        let of = |method: &str, path: &str| {
            let (_, _, access) =
                TABLE.iter().find(|(of_row, template, _)| *of_row == method && *template == path).unwrap();
            second_factor(method, path, *access)
        };
        assert_eq!(of("POST", "/v1/payouts/{id}:approve"), Demand::Everybody);
        assert_eq!(of("POST", "/v1/payouts/{id}:release"), Demand::Operators);
        assert_eq!(of("PATCH", "/v1/books/{book}"), Demand::Operators);
        assert_eq!(of("GET", "/v1/persons"), Demand::Nobody);
        assert_eq!(of("POST", "/v1/me/second-factor"), Demand::Nobody);
        assert_eq!(of("POST", "/v1/persons/{id}/second-factor:reset"), Demand::Strictly);
    }

    #[test]
    fn sf_a_desk_lets_in_whom_the_api_lets_in_and_demands_as_much() {
        let same = [
            ("/desk/payouts/{id}/approve", "/v1/payouts/{id}:approve"),
            ("/desk/payouts/{id}/send", "/v1/payouts/{id}:send"),
            ("/desk/payouts/{id}/decide", "/v1/payouts/{id}:release"),
            ("/desk/payouts/{id}/decide", "/v1/payouts/{id}:refuse"),
            ("/desk/claims/{id}/reviews", "/v1/claims/{id}/reviews"),
            ("/desk/claims/{id}/tie", "/v1/ties"),
            ("/desk/claims/{id}/submit", "/v1/claims/{id}:submit"),
            ("/desk/milestones/{id}/claim", "/v1/milestones/{id}/claims"),
            ("/desk/bank-accounts/{id}/confirm", "/v1/bank-accounts/{id}:confirm"),
            ("/desk/bank-accounts/{id}/reject", "/v1/bank-accounts/{id}:reject"),
            ("/me/second-factor/proof", "/v1/me/second-factor:verify"),
            ("/me/second-factor/begin", "/v1/me/second-factor"),
            ("/me/second-factor/confirm", "/v1/me/second-factor:confirm"),
            ("/me/second-factor/recovery-codes", "/v1/me/second-factor:renew-recovery-codes"),
            ("/me/second-factor/remove", "/v1/me/second-factor:remove"),
            ("/desk/organisations", "/v1/organisations"),
            ("/desk/organisations/{id}/join", "/v1/organisations/{id}/join-requests"),
            ("/desk/join-requests/{id}/accept", "/v1/join-requests/{id}:accept"),
            ("/desk/join-requests/{id}/decline", "/v1/join-requests/{id}:decline"),
            ("/desk/join-requests/{id}/withdraw", "/v1/join-requests/{id}:withdraw"),
            ("/desk/updates/{id}", "/v1/updates"),
            ("/desk/updates/{id}/withdraw", "/v1/updates/{id}:withdraw"),
            ("/desk/challenges/{id}/enter", "/v1/challenges/{id}/entries"),
            ("/desk/submissions/{id}/tie", "/v1/ties"),
            ("/desk/submissions/{id}/scores", "/v1/submissions/{id}/scores"),
            ("/desk/distributions/{id}/open", "/v1/distributions/{id}:open"),
            ("/desk/distributions/{id}/approve", "/v1/distributions/{id}:approve"),
            ("/desk/distributions/{id}/withdraw", "/v1/distributions/{id}:withdraw"),
            ("/desk/proceeds/{id}/reverse", "/v1/proceeds/{id}:reverse"),
            ("/desk/contributions/{id}/reverse", "/v1/contributions/{id}:reverse"),
            ("/desk/books/{id}/payout-runs", "/v1/books/{book}/payout-runs"),
            ("/desk/affiliations/{id}/accept", "/v1/affiliations/{id}:accept"),
            ("/desk/affiliations/{id}/decline", "/v1/affiliations/{id}:decline"),
            ("/desk/affiliations/{id}/end", "/v1/affiliations/{id}:end"),
            ("/desk/bank-lines/{id}/book", "/v1/bank-lines/{id}:book"),
            ("/desk/bank-lines/{id}/unbook", "/v1/bank-lines/{id}:unbook"),
            ("/desk/payout-runs/{id}/approve", "/v1/payout-runs/{id}:approve"),
            ("/desk/payout-runs/{id}/send", "/v1/payout-runs/{id}:send"),
            ("/desk/payout-runs/{id}/cancel", "/v1/payout-runs/{id}:cancel"),
            ("/desk/distributions/{id}/object", "/v1/distributions/{id}:object"),
            ("/desk/cooperatives/{id}/proceeds", "/v1/cooperatives/{book}/proceeds"),
            ("/desk/cooperatives/{id}/opening", "/v1/cooperatives/{book}/openings"),
            ("/desk/cooperatives/{id}/proceeds/table", "/v1/cooperatives/{book}/proceeds"),
            ("/desk/cooperatives/{id}/distributions", "/v1/cooperatives/{book}/distributions"),
            ("/desk/cooperatives/{id}/results", "/v1/cooperatives/{book}/results"),
            ("/desk/cooperatives/{id}/members", "/v1/cooperatives/{book}/members"),
            ("/desk/cooperatives/{id}/departures", "/v1/members/{id}:leave"),
            ("/desk/cooperatives/{id}/redemptions", "/v1/cooperatives/{book}/redemptions"),
            ("/desk/redemptions/{id}/approve", "/v1/redemptions/{id}:approve"),
            ("/desk/redemptions/{id}/withdraw", "/v1/redemptions/{id}:withdraw"),
            ("/desk/cooperatives/{id}/votes", "/v1/cooperatives/{book}/proposals"),
            ("/desk/cooperatives/{id}/delegation", "/v1/cooperatives/{book}/delegation"),
            ("/desk/members/{id}/consent", "/v1/members/{id}:consent"),
            ("/desk/proposals/{id}/vote", "/v1/proposals/{id}:vote"),
            ("/desk/proposals/{id}/withdraw", "/v1/proposals/{id}:withdraw"),
            ("/desk/cooperatives/{id}/hours", "/v1/cooperatives/{book}/contributions"),
            ("/desk/cooperatives/{id}/attestations", "/v1/contributions/{id}:attest"),
            ("/desk/books/{book}/jobs/{id}/requeue", "/v1/books/{book}/jobs/{id}:requeue"),
            ("/desk/books/{id}/campaigns", "/v1/campaigns"),
            ("/desk/books/{id}/challenges", "/v1/challenges"),
            ("/desk/books/{id}/milestones", "/v1/milestones"),
            ("/desk/books/{id}/calls", "/v1/milestone-calls"),
            ("/desk/calls/{id}/withdraw", "/v1/milestone-calls/{id}:withdraw"),
            ("/desk/calls/{id}/apply", "/v1/milestone-calls/{id}/applications"),
            ("/desk/applications/{id}/accept", "/v1/milestone-applications/{id}:accept"),
            ("/desk/applications/{id}/decline", "/v1/milestone-applications/{id}:decline"),
            ("/desk/applications/{id}/withdraw", "/v1/milestone-applications/{id}:withdraw"),
            ("/desk/jobs/{id}/requeue", "/v1/books/{book}/jobs/{id}:requeue"),
            ("/desk/operator/invitations", "/v1/organisations/{id}/invitations"),
            ("/desk/partners/{id}/credentials", "/v1/partners/{id}/credentials"),
            (
                "/desk/partners/{id}/credentials/{credential}/rotate",
                "/v1/partners/{id}/credentials/{credential}:rotate",
            ),
            (
                "/desk/partners/{id}/credentials/{credential}/revoke",
                "DELETE /v1/partners/{id}/credentials/{credential}",
            ),
            ("/desk/partners/{id}/books/{book}/endpoints", "/v1/webhook-endpoints"),
            ("/desk/endpoints/{id}/turn", "PATCH /v1/webhook-endpoints/{id}"),
            ("/desk/endpoints/{id}/ping", "/v1/webhook-endpoints/{id}:ping"),
            ("/desk/endpoints/{id}/rotate", "/v1/webhook-endpoints/{id}:rotate-secret"),
            ("/desk/endpoints/{id}/delete", "DELETE /v1/webhook-endpoints/{id}"),
            ("/desk/endpoints/{id}/deliveries/{event}/replay", "/v1/webhook-endpoints/{id}/deliveries/{event}:replay"),
        ];
        let desks = PAGES.iter().filter(|(method, path, _)| *method == "POST" && path.starts_with("/desk/"));
        for (_, path, _) in desks {
            assert!(same.iter().any(|(desk, _)| desk == path), "{path} does what nothing of the API does");
        }
        for (desk, api) in same {
            // A form is posted, whatever the method of the API is.
            let (of_method, api) = api.split_once(' ').unwrap_or(("POST", api));
            let row = |table: &[(&str, &str, Access)], of_method: &str, path: &str| {
                table.iter().find(|(method, template, _)| *method == of_method && *template == path).unwrap().2
            };
            let (of_desk, of_api) = (row(PAGES, "POST", desk), row(TABLE, of_method, api));
            assert_eq!(of_desk, on_page(of_api), "{desk}");
            let demands = (second_factor("POST", desk, of_desk), second_factor(of_method, api, of_api));
            assert_eq!(demands.0, demands.1, "{desk}");
        }
    }

    /// Who may use a page that does what a route does: the same persons, and no token.
    fn on_page(of_api: Access) -> Access {
        match of_api {
            SignedIn | Access::SignedInOrScope(_) => InBrowser,
            Access::RoleOrScope(roles, _) => Access::Role(roles),
            Access::RoleOrOperatorOrScope(roles, _) => RoleOrOperator(roles),
            Public
            | Guessable
            | Access::Signed
            | Visible
            | InBrowser
            | Access::Operator
            | Access::Role(_)
            | RoleOrOperator(_)
            | Access::Scope(_) => of_api,
        }
    }

    #[test]
    fn a_page_is_found_for_get_and_head_and_the_secret_of_a_link_stands_for_itself() {
        for method in ["GET", "HEAD"] {
            assert_eq!(find(method, "/sign-in/s3cret"), Found::Route("/sign-in/{secret}", Public));
            assert_eq!(find(method, "/sign-in/code"), Found::Route("/sign-in/code", Public));
        }
        assert_eq!(find("GET", "/sign-in/link"), Found::OtherMethods(vec!["POST"]));
        assert_eq!(find("POST", "/sign-in/s3cret"), Found::OtherMethods(vec!["GET"]));
        assert_eq!(find("HEAD", "/v1/me"), Found::OtherMethods(vec!["GET", "PATCH"]));
        assert!(is_page("/") && !is_page("/sign-in/") && !is_page("/v1/me"));
    }

    #[test]
    fn a_route_on_one_side_only_is_named() {
        let mut operations: Vec<_> = TABLE.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
        assert_eq!(compare(&operations), Ok(()));
        operations.push(("GET".into(), "/v1/forgotten".into()));
        let lost = operations.remove(0);
        let wrong = compare(&operations).unwrap_err();
        assert!(wrong.contains("GET /v1/forgotten is routed") && wrong.contains(&lost.1), "{wrong}");
    }
}

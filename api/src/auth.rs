//! Who calls: found out by the gate before a handler runs, from the token and from the database.

use crate::config::Quotas;
use crate::keys::{Keys, Subject};
use crate::problem::Problem;
use crate::state::Reads;
use crate::who_may::Access;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::Error;
use ledger::book::Mode;
use ledger::id::{CallerId, CredentialId, OrganisationId, PersonId, SessionId};
use ledger::parties::rules::role::{Role, Scope};
use ledger::parties::rules::second_factor::Proof;
use ledger::parties::store::organisations;
use ledger::service::quota::{self, Quota};
use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Number that scopes the person's idempotency keys.
    pub caller: CallerId,
    /// Whether the person runs the installation.
    pub is_operator: bool,
    /// The session in which the person is signed in.
    pub session: SessionId,
    /// The proof of the second factor that the token tells of, however old it is.
    pub proof: Option<Proof>,
}

/// A partner platform, by one of its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// The partner platform.
    pub organisation: OrganisationId,
    /// Scopes idempotency keys: the organisation's number, so that rotating a credential keeps them.
    pub caller: CallerId,
    /// The credential that the token was made for.
    pub credential: CredentialId,
    /// Sees data of this mode only.
    pub mode: Mode,
    /// What the token may do, as far as the credential still may.
    pub scopes: Vec<Scope>,
}

/// A person or a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person who is signed in.
    Person(Person),
    /// A partner.
    Partner(Partner),
}

/// Who calls, and what the table of [`crate::who_may`] says of the route.
#[derive(Debug, Clone)]
pub struct Caller {
    /// A person or a partner.
    pub who: Who,
    access: Access,
    role_checked: Rc<Cell<bool>>,
}

impl Caller {
    /// Somebody at a route.
    pub fn new(who: Who, access: Access) -> Caller {
        Caller { who, access, role_checked: Rc::default() }
    }

    /// The number that scopes the caller's idempotency keys.
    pub fn id(&self) -> CallerId {
        match &self.who {
            Who::Person(person) => person.caller,
            Who::Partner(partner) => partner.caller,
        }
    }

    /// The person; a partner is refused.
    pub fn person(&self) -> Result<&Person, Error> {
        match &self.who {
            Who::Person(person) => Ok(person),
            Who::Partner(_) => Err(Error::Forbidden("this is for people, not for partners")),
        }
    }

    /// The partner, if it is one.
    pub fn partner(&self) -> Option<&Partner> {
        match &self.who {
            Who::Person(_) => None,
            Who::Partner(partner) => Some(partner),
        }
    }

    /// Whether a person runs the installation.
    pub fn is_operator(&self) -> bool {
        match &self.who {
            Who::Person(person) => person.is_operator,
            Who::Partner(_) => false,
        }
    }

    /// Refuses all but operators.
    pub fn require_operator(&self) -> Result<(), Error> {
        if self.is_operator() { Ok(()) } else { Err(Error::Forbidden("this is for operators")) }
    }

    /// Refuses partners whose token has not the scope, and persons.
    pub fn require_scope(&self, scope: Scope) -> Result<&Partner, Error> {
        let partner = self.partner().filter(|partner| partner.scopes.contains(&scope));
        partner.ok_or(Error::Forbidden("the token has not the scope for this"))
    }

    /// Refuses who may not act in an organisation, by the roles of this route's row in the table.
    ///
    /// `what` is what the caller asked for. A stranger is told that there is no such thing; a member without the right
    /// role, that it is not allowed. A partner passes for its own organisation only.
    pub async fn require_role(
        &self,
        client: &impl GenericClient,
        organisation: OrganisationId,
        what: &'static str,
    ) -> Result<(), Error> {
        self.role_checked.set(true);
        let person = match &self.who {
            Who::Partner(partner) if partner.organisation == organisation => return Ok(()),
            Who::Partner(_) => return Err(Error::NotFound(what)),
            Who::Person(person) => person,
        };
        if person.is_operator && self.access.admits_operators() {
            return Ok(());
        }
        self.check_roles(&organisations::list_roles(client, organisation, person.id).await?, what)
    }

    /// Refuses a person whose roles in an organisation, read before, are not among those of this route's row.
    pub fn check_roles(&self, roles: &[Role], what: &'static str) -> Result<(), Error> {
        self.role_checked.set(true);
        let admitted = self.is_operator() && self.access.admits_operators();
        if admitted || roles.iter().any(|role| self.access.roles().contains(role)) {
            return Ok(());
        }
        if roles.is_empty() {
            return Err(Error::NotFound(what));
        }
        Err(Error::Forbidden("your roles here do not allow this"))
    }

    /// Whether a person has one of some roles in an organisation: for what depends on more than the route.
    pub async fn has_role(
        &self,
        client: &impl GenericClient,
        organisation: OrganisationId,
        roles: &[Role],
    ) -> Result<bool, Error> {
        self.role_checked.set(true);
        let Who::Person(person) = &self.who else {
            return Ok(false);
        };
        let had = organisations::list_roles(client, organisation, person.id).await?;
        Ok(had.iter().any(|role| roles.contains(role)))
    }

    /// Whether the route wants a role of a person and nobody has looked for it: a bug of the handler.
    pub fn went_unchecked(&self) -> bool {
        let wants_role = matches!(self.who, Who::Person(_)) && !self.access.roles().is_empty();
        wants_role && !self.role_checked.get()
    }

    /// Counts one more of what the caller makes in this transaction. Operators are not bound.
    pub async fn take_quota(
        &self,
        tx: &Transaction<'_>,
        quotas: Quotas,
        quota: Quota,
        wall: Timestamp,
    ) -> Result<(), Error> {
        if self.is_operator() {
            return Ok(());
        }
        quota::take(tx, self.id(), quota, quotas.a_day(quota), wall).await
    }

    /// Whether the table lets the caller in; roles are looked at later, by the handler.
    pub fn check_access(&self) -> Result<(), Problem> {
        let allowed = match &self.who {
            Who::Person(person) => match self.access {
                Access::Operator => person.is_operator,
                Access::Public
                | Access::Signed
                | Access::Guessable
                | Access::Visible
                | Access::SignedIn
                | Access::InBrowser
                | Access::Role(_)
                | Access::RoleOrOperator(_)
                | Access::Scope(_)
                | Access::RoleOrScope(..)
                | Access::RoleOrOperatorOrScope(..)
                | Access::SignedInOrScope(_) => self.access.admits_persons(),
            },
            Who::Partner(partner) => {
                self.access.is_open() || self.access.scope().is_some_and(|scope| partner.scopes.contains(&scope))
            }
        };
        if allowed {
            return Ok(());
        }
        let needed = self.access.phrases().join(", or ");
        let problem = Problem::forbidden(format!("this is for: {needed}"));
        Err(match (self.partner(), self.access.scope()) {
            (Some(_), Some(scope)) => {
                let header = format!(r#"Bearer realm="commonpurse", error="insufficient_scope", scope="{scope}""#);
                problem.with_header(WWW_AUTHENTICATE, &header)
            }
            (Some(_), None) | (None, _) => problem,
        })
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Caller, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Caller>().cloned().ok_or_else(no_token))
    }
}

/// Who calls a public route, if a token was sent. (`Option<Caller>` works as well.)
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequest for MaybeCaller {
    type Error = Problem;
    type Future = Ready<Result<MaybeCaller, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(MaybeCaller(request.extensions().get::<Caller>().cloned())))
    }
}

/// No token was sent where one is needed.
pub fn no_token() -> Problem {
    let detail = "send Authorization: Bearer with an access token";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first", detail);
    problem.with_header(WWW_AUTHENTICATE, r#"Bearer realm="commonpurse""#)
}

/// The subject of the bearer token, if one was sent. Basic authentication is left to the token endpoint.
pub fn subject(keys: &Keys, headers: &HeaderMap) -> Result<Option<Subject>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let value = value.to_str().unwrap_or_default();
    let Some((scheme, token)) = value.split_once(' ') else {
        return Err(Problem::unauthorized("Authorization is not Bearer and a token"));
    };
    if scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::unauthorized("Authorization is not Bearer and a token"));
    }
    keys.verify(token.trim(), ledger::calendar::now()).map(Some).map_err(|error| {
        tracing::info!(%error, "a token was refused");
        Problem::unauthorized("the token is wrong or too old")
    })
}

/// Who a subject is now: sessions that are over, persons who are disabled and credentials that are revoked are refused.
pub async fn load(reads: &Reads, subject: Subject) -> Result<Who, Problem> {
    let gone = || Problem::unauthorized("the token is of nobody any more");
    match subject {
        Subject::Person(id, session, proof) => {
            let signed_in = reads.people.read(session).await?.filter(|found| found.person == id).ok_or_else(gone)?;
            let (caller, is_operator) = (signed_in.caller, signed_in.is_operator);
            Ok(Who::Person(Person { id, caller, is_operator, session, proof }))
        }
        Subject::Partner(id, granted) => {
            let (credential, caller) = reads.credentials.read(id).await?.ok_or_else(gone)?;
            let scopes = credential.scopes.iter().filter(|scope| granted.contains(scope));
            let scopes = scopes.filter_map(|scope| scope.parse().ok()).collect();
            let (organisation, mode) = (credential.organisation, credential.mode);
            Ok(Who::Partner(Partner { organisation, caller, credential: id, mode, scopes }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partner(scopes: &[Scope], access: Access) -> Caller {
        let who = Who::Partner(Partner {
            organisation: OrganisationId::generate(),
            caller: CallerId(2),
            credential: CredentialId::generate(),
            mode: Mode::Sandbox,
            scopes: scopes.to_vec(),
        });
        Caller::new(who, access)
    }

    fn person(is_operator: bool, access: Access) -> Caller {
        let (id, session) = (PersonId::generate(), SessionId::generate());
        Caller::new(Who::Person(Person { id, caller: CallerId(1), is_operator, session, proof: None }), access)
    }

    #[test]
    fn a_partner_needs_the_scope_of_the_row_and_a_person_never_uses_one() {
        let write = Scope::PledgesWrite;
        assert!(partner(&[write], Access::Scope(write)).check_access().is_ok());
        assert!(partner(&[write], Access::RoleOrScope(&[Role::Owner], write)).check_access().is_ok());
        for access in [Access::Scope(Scope::PledgesRead), Access::SignedIn, Access::Operator, Access::Role(Role::ALL)] {
            assert_eq!(partner(&[write], access).check_access().unwrap_err().body().status, 403, "{access:?}");
        }
        assert!(person(true, Access::Scope(write)).check_access().is_err());
    }

    #[test]
    fn only_operators_pass_where_only_operators_may() {
        assert!(person(true, Access::Operator).check_access().is_ok());
        assert!(person(false, Access::Operator).check_access().is_err());
        assert!(person(false, Access::SignedIn).check_access().is_ok());
    }

    #[test]
    fn a_handler_that_forgets_to_look_for_the_role_is_noticed() {
        assert!(person(true, Access::Role(Role::ALL)).went_unchecked());
        assert!(!person(true, Access::SignedIn).went_unchecked());
    }
}

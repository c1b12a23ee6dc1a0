//! What is given can be taken back: whatever gives somebody access names what takes it away again.
//!
//! Each route that writes, and each command, stands in one of two lists. One that is in neither fails a test, so that who adds
//! a route says which it is; and an opposite that is no route and no command fails it too.

/// Route or command that gives somebody access (a session, a role, a credential, an admission, sight of a book), and the one
/// that takes it away.
pub const GRANTS: &[(&str, &str)] = &[
    ("POST /v1/sign-in/confirm", "POST /v1/tokens/revoke"),
    ("POST /v1/sign-in/identity-token", "DELETE /v1/me/identities"),
    ("POST /sign-in/link", "POST /sign-out"),
    ("POST /sign-in/code", "POST /sign-out"),
    ("POST /v1/tokens/refresh", "POST /v1/me:sign-out"),
    ("POST /v1/oauth/token", "DELETE /v1/partners/{id}/credentials/{credential}"),
    ("POST /v1/me/second-factor:confirm", "POST /v1/me/second-factor:remove"),
    ("POST /v1/me/second-factor:verify", "POST /v1/me:sign-out"),
    ("POST /v1/me/second-factor:renew-recovery-codes", "POST /v1/me/second-factor:renew-recovery-codes"),
    ("POST /v1/persons/{id}/second-factor:reset", "POST /v1/me/second-factor:object-to-reset"),
    ("POST /v1/persons/{id}:enable", "POST /v1/persons/{id}:disable"),
    ("POST /v1/organisations", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("POST /v1/organisations/{id}/invitations", "DELETE /v1/organisations/{id}/invitations/{invitation}"),
    ("POST /v1/invitations:accept", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("POST /v1/join-requests/{id}:accept", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("POST /desk/join-requests/{id}/accept", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("POST /v1/partners/{id}/credentials", "DELETE /v1/partners/{id}/credentials/{credential}"),
    ("POST /v1/partners/{id}/credentials/{credential}:rotate", "DELETE /v1/partners/{id}/credentials/{credential}"),
    ("POST /v1/webhook-endpoints", "DELETE /v1/webhook-endpoints/{id}"),
    ("POST /desk/partners/{id}/credentials", "POST /desk/partners/{id}/credentials/{credential}/revoke"),
    (
        "POST /desk/partners/{id}/credentials/{credential}/rotate",
        "POST /desk/partners/{id}/credentials/{credential}/revoke",
    ),
    ("POST /desk/partners/{id}/books/{book}/endpoints", "POST /desk/endpoints/{id}/delete"),
    ("POST /v1/books/{book}/partners", "DELETE /v1/books/{book}/partners/{organisation}"),
    ("POST /v1/challenges/{id}/judges", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("POST /v1/cooperatives/{book}/members", "POST /v1/members/{id}:leave"),
    ("POST /v1/books", "PATCH /v1/books/{book}"),
    ("PATCH /v1/books/{book}", "PATCH /v1/books/{book}"),
    ("POST /v1/pledges/{id}/donor-links", "DELETE /v1/pledges/{id}/donor-links/{link}"),
    ("POST /desk/operator/invitations", "DELETE /v1/organisations/{id}/invitations/{invitation}"),
    ("POST /invitations/accept", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("POST /me/second-factor/confirm", "POST /me/second-factor/remove"),
    ("POST /me/second-factor/recovery-codes", "POST /me/second-factor/recovery-codes"),
    ("POST /desk/organisations", "DELETE /v1/organisations/{id}/memberships/{person}/{role}"),
    ("commonpurse sign-in", "POST /sign-out"),
    ("commonpurse operator add", "commonpurse operator remove"),
];

/// Routes that write and commands that give nobody access. Asking for a sign-in link gives the address nothing but a mail.
pub const GIVES_NOTHING: &[&str] = &[
    "POST /v1/sign-in",
    "POST /sign-in",
    "POST /sign-up",
    "POST /v1/invitations:decline",
    "POST /invitations/decline",
    "POST /v1/organisations/{id}/join-requests",
    "POST /v1/join-requests/{id}:decline",
    "POST /v1/join-requests/{id}:withdraw",
    "POST /desk/organisations/{id}/join",
    "POST /desk/join-requests/{id}/decline",
    "POST /desk/join-requests/{id}/withdraw",
    "POST /me/name",
    "POST /me/second-factor/begin",
    "POST /me/second-factor/remove",
    "POST /desk/challenges/{id}/enter",
    "POST /sign-out",
    "POST /language",
    "POST /receipts",
    "POST /sign-out/everywhere",
    "POST /v1/tokens/revoke",
    "POST /v1/me:sign-out",
    "PATCH /v1/me",
    "DELETE /v1/me/identities",
    "PUT /v1/me/mail-preferences",
    "POST /v1/me/mail-preferences:revoke-links",
    "POST /unsubscribe/{token}",
    "POST /unsubscribe/{token}/again",
    "POST /v1/me/second-factor",
    "POST /v1/me/second-factor:remove",
    "POST /v1/me/second-factor:ask-reset",
    "POST /v1/me/second-factor:object-to-reset",
    "POST /v1/persons/{id}/second-factor:refuse-reset",
    "POST /v1/persons/{id}:disable",
    "PATCH /v1/organisations/{id}",
    "POST /v1/organisations/{id}/bank-accounts",
    "POST /v1/me/bank-accounts",
    "POST /bank-accounts/confirm",
    "POST /v1/bank-accounts/{id}:confirm",
    "POST /v1/bank-accounts/{id}:reject",
    "POST /v1/books/{book}/payouts",
    "POST /v1/payouts/{id}:approve",
    "POST /v1/payouts/{id}:send",
    "POST /v1/payouts/{id}:fail",
    "POST /v1/payouts/{id}:cancel",
    "POST /v1/payouts/{id}:release",
    "POST /v1/payouts/{id}:refuse",
    "POST /v1/payouts/{id}/documents",
    "POST /v1/books/{book}/lenders",
    "POST /v1/books/{book}/payout-runs",
    "POST /v1/payout-runs/{id}:approve",
    "POST /v1/payout-runs/{id}:send",
    "POST /v1/payout-runs/{id}:cancel",
    "POST /v1/books/{book}/payouts:approve-batch",
    "POST /v1/books/{book}/payout-policy",
    "POST /v1/books/{book}/payout-files",
    "POST /v1/payout-files/{id}:withdraw",
    "POST /v1/books/{book}/payout-status-files",
    "POST /v1/books/{book}/bank-statements",
    "POST /v1/bank-lines/{id}:match",
    "POST /v1/bank-lines/{id}:book",
    "POST /v1/bank-lines/{id}:unbook",
    "POST /v1/books/{book}/bank-differences",
    "POST /v1/bank-differences/{id}:approve",
    "POST /v1/bank-differences/{id}:withdraw",
    "POST /v1/bank-differences/{id}:take-back",
    "POST /v1/books/{book}/bank-statement-files",
    "POST /v1/campaigns",
    "POST /v1/campaigns/{id}/terms",
    "POST /v1/campaigns/{id}:publish",
    "POST /v1/campaigns/{id}:close",
    "POST /v1/campaigns/{id}:raise",
    "POST /v1/campaigns/{id}/tiers",
    "POST /v1/campaigns/{id}:return",
    "POST /v1/campaigns/{id}/pledges",
    "POST /v1/campaigns/{id}/pledges:batch",
    "POST /v1/campaigns/{id}/pledge-imports",
    "POST /v1/pledges/{id}:pause",
    "POST /v1/pledges/{id}:resume",
    "POST /v1/pledges/{id}:cancel",
    "POST /v1/pledges/{id}:redirect",
    "POST /v1/pledges/{id}:return",
    "POST /v1/pledges/{id}:change",
    "POST /v1/plan-changes/{id}:withdraw",
    "POST /plan-changes/consent",
    "POST /v1/pledges/{id}:move",
    "POST /v1/plan-moves/{id}:confirm-ended",
    "POST /v1/plan-moves/{id}:decline",
    "POST /plan-moves/answer",
    "POST /donors/change",
    "POST /donors/yearly-receipts",
    "POST /desk/payouts/{id}/approve",
    "POST /desk/payouts/{id}/send",
    "POST /desk/payouts/{id}/decide",
    "POST /desk/distributions/{id}/open",
    "POST /desk/distributions/{id}/approve",
    "POST /desk/distributions/{id}/object",
    "POST /desk/distributions/{id}/withdraw",
    "POST /desk/proceeds/{id}/reverse",
    "POST /desk/contributions/{id}/reverse",
    "POST /desk/books/{id}/payout-runs",
    "POST /desk/payout-runs/{id}/approve",
    "POST /desk/payout-runs/{id}/send",
    "POST /desk/payout-runs/{id}/cancel",
    "POST /desk/cooperatives/{id}/proceeds",
    "POST /desk/cooperatives/{id}/proceeds/table",
    "POST /desk/cooperatives/{id}/distributions",
    "POST /desk/cooperatives/{id}/redemptions",
    "POST /desk/redemptions/{id}/approve",
    "POST /desk/redemptions/{id}/withdraw",
    "POST /desk/cooperatives/{id}/results",
    "POST /desk/cooperatives/{id}/hours",
    "POST /desk/cooperatives/{id}/attestations",
    "POST /desk/books/{book}/jobs/{id}/requeue",
    "POST /desk/jobs/{id}/requeue",
    "POST /desk/books/{id}/campaigns",
    "POST /desk/books/{id}/challenges",
    "POST /desk/books/{id}/milestones",
    "POST /desk/books/{id}/calls",
    "POST /desk/calls/{id}/withdraw",
    "POST /desk/calls/{id}/apply",
    "POST /desk/applications/{id}/accept",
    "POST /desk/applications/{id}/decline",
    "POST /desk/applications/{id}/withdraw",
    "POST /desk/partners/{id}/credentials/{credential}/revoke",
    "POST /desk/endpoints/{id}/turn",
    "POST /desk/endpoints/{id}/ping",
    "POST /desk/endpoints/{id}/rotate",
    "POST /desk/endpoints/{id}/delete",
    "POST /desk/endpoints/{id}/deliveries/{event}/replay",
    "POST /desk/submissions/{id}/scores",
    "POST /desk/submissions/{id}/tie",
    "POST /desk/bank-accounts/{id}/confirm",
    "POST /desk/bank-accounts/{id}/reject",
    "POST /me/second-factor/proof",
    "POST /desk/claims/{id}/reviews",
    "POST /desk/claims/{id}/tie",
    "POST /desk/claims/{id}/submit",
    "POST /desk/milestones/{id}/claim",
    "POST /v1/donors/{id}/yearly-receipts",
    "POST /v1/donors/{id}/yearly-receipts:reissue",
    "POST /v1/donors/{id}:erase",
    "POST /v1/charges/{id}:capture",
    "POST /v1/charges/{id}:decline",
    "POST /v1/charges/{id}:cannot-collect",
    "POST /v1/provider-events/stripe",
    "POST /v1/settlements",
    "POST /v1/settlements/{id}:withdraw",
    "POST /v1/reconciliations",
    "POST /v1/books/{book}/settlement-days/{day}/comparisons",
    "POST /v1/books/{book}/partners/{organisation}:settle-by",
    "POST /v1/charges/{id}:refund",
    "POST /v1/charges/{id}/refunds",
    "POST /v1/refunds/{id}:settle",
    "POST /v1/refunds/{id}:fail",
    "POST /v1/charges/{id}/chargebacks",
    "POST /v1/chargebacks/{id}:win",
    "POST /v1/chargebacks/{id}:lose",
    "POST /v1/books/{book}/risk-reserve:fund",
    "POST /v1/books/{book}/receivables/{team}:recover",
    "POST /v1/books/{book}/receivables/{team}:write-off",
    "POST /v1/pledges/{id}/suspense",
    "POST /v1/suspense/{id}:match",
    "POST /v1/suspense/{id}:return",
    "POST /v1/books/{book}/partners/{organisation}:withdraw",
    "POST /v1/books/{book}/partners/{organisation}:restore",
    "POST /v1/books/{book}/rails/{rail}:withdraw",
    "POST /v1/books/{book}/rails/{rail}:restore",
    "POST /v1/books/{book}:wind-up",
    "POST /v1/books/{book}:resume",
    "POST /v1/books/{book}/wind-up/lines/{account}:plan",
    "POST /v1/books/{book}/custodians/{organisation}:freeze",
    "POST /v1/books/{book}/custodians/{organisation}:release",
    "POST /v1/books/{book}/clock:advance",
    "POST /v1/books/{book}/jobs/{id}:requeue",
    "POST /v1/books/{book}/units",
    "POST /v1/books/{book}/accounts",
    "POST /v1/books/{book}/journal-entries",
    "POST /v1/books/{book}/journal-entries:batch",
    "POST /v1/books/{book}/journal-entries/{number}:reverse",
    "POST /v1/books/{book}/exchange-results",
    "POST /v1/books/{book}/holds",
    "POST /v1/books/{book}/holds/{hold}:capture",
    "POST /v1/books/{book}/holds/{hold}:release",
    "POST /v1/books/{book}/periods/{date}:close",
    "POST /v1/updates",
    "POST /v1/updates/{id}:withdraw",
    "POST /desk/updates/{id}",
    "POST /desk/updates/{id}/withdraw",
    "POST /v1/milestones",
    "POST /v1/milestones/{id}:fund",
    "POST /v1/milestones/{id}:cancel",
    "POST /v1/milestone-calls",
    "POST /v1/milestone-calls/{id}:withdraw",
    "POST /v1/milestone-calls/{id}/applications",
    "POST /v1/milestone-applications/{id}:accept",
    "POST /v1/milestone-applications/{id}:decline",
    "POST /v1/milestone-applications/{id}:withdraw",
    "POST /v1/ties",
    "POST /v1/milestones/{id}/claims",
    "PUT /v1/claims/{id}",
    "POST /v1/claims/{id}:submit",
    "POST /v1/claims/{id}/documents",
    "PATCH /v1/webhook-endpoints/{id}",
    "DELETE /v1/webhook-endpoints/{id}",
    "POST /v1/webhook-endpoints/{id}:rotate-secret",
    "POST /v1/webhook-endpoints/{id}:ping",
    "POST /v1/webhook-endpoints/{id}:replay",
    "POST /v1/webhook-endpoints/{id}/deliveries/{event}:replay",
    "POST /v1/books/{book}/events:fire",
    "POST /v1/evidence-fetches",
    "POST /v1/files",
    "POST /v1/claims/{id}/reviews",
    "POST /v1/claims/{id}/disputes",
    "POST /v1/disputes/{id}:answer",
    "POST /v1/disputes/{id}:reply",
    "POST /v1/disputes/{id}:accept",
    "POST /v1/disputes/{id}:appeal",
    "POST /v1/disputes/{id}:resolve",
    "POST /v1/claims/{id}:revoke",
    "POST /v1/claims/{id}:write-off",
    "POST /v1/claims/{id}:confirm",
    "POST /v1/claims/{id}:recover",
    "POST /v1/challenges",
    "POST /v1/challenges/{id}/rules",
    "POST /v1/challenges/{id}:publish",
    "POST /v1/challenges/{id}:announce",
    "POST /v1/challenges/{id}:open",
    "POST /v1/challenges/{id}:close-submissions",
    "POST /v1/challenges/{id}:rank",
    "POST /v1/challenges/{id}:cancel",
    "POST /v1/challenges/{id}:extend",
    "POST /v1/challenges/{id}:roll-over",
    "POST /v1/challenges/{id}/rubric",
    "POST /v1/challenges/{id}/appeals",
    "POST /v1/appeals/{id}:uphold",
    "POST /v1/appeals/{id}:dismiss",
    "POST /v1/submissions/{id}/share-plans",
    "POST /v1/share-plans/{id}:revise",
    "POST /v1/share-plans/{id}:attest",
    "POST /v1/share-plans/{id}:object",
    "POST /v1/share-plans/{id}:decide",
    "POST /v1/challenges/{id}/award",
    "POST /v1/challenges/{id}/contributions",
    "POST /v1/matching-rounds",
    "POST /v1/matching-rounds/{id}/campaigns",
    "POST /v1/matching-rounds/{id}:open",
    "POST /v1/matching-rounds/{id}:publish",
    "POST /v1/matching-rounds/{id}:recompute",
    "POST /v1/matching-rounds/{id}:finalise",
    "POST /v1/matching-rounds/{id}:cancel",
    "POST /v1/matching-rounds/{id}/objections",
    "POST /v1/matching-rounds/{id}/contributions",
    "POST /v1/matching-rounds/{id}/votes",
    "POST /v1/donors/{id}/identity",
    "POST /v1/purse-contributions/{id}:capture",
    "POST /v1/purse-contributions/{id}:consent",
    "POST /v1/purse-contributions/{id}:withdraw",
    "POST /v1/entrants/{id}:capture-fee",
    "POST /v1/entrants/{id}:consent",
    "POST /v1/entrants/{id}:withdraw",
    "POST /v1/challenges/{id}/entries",
    "POST /v1/challenges/{id}/entry-imports",
    "POST /v1/challenges/{id}/submissions",
    "PUT /v1/submissions/{id}",
    "POST /v1/submissions/{id}:submit",
    "POST /v1/submissions/{id}/scores",
    "POST /v1/members/{id}:leave",
    "POST /v1/cooperatives/{book}/contributions",
    "POST /v1/contributions/{id}:attest",
    "POST /v1/contributions/{id}:reverse",
    "POST /v1/cooperatives/{book}/allocation-rules",
    "POST /v1/cooperatives/{book}/allocation-rules:preview",
    "POST /v1/members/{id}/indices",
    "POST /v1/cooperatives/{book}/proceeds",
    "POST /v1/proceeds/{id}:reverse",
    "POST /v1/cooperatives/{book}/results",
    "POST /v1/results/{id}:reverse",
    "POST /v1/cooperatives/{book}/distributions",
    "POST /v1/distributions/{id}:open",
    "POST /v1/distributions/{id}:object",
    "POST /v1/distributions/{id}:approve",
    "POST /v1/distributions/{id}:withdraw",
    "POST /v1/distributions/{id}:reverse",
    "POST /v1/cooperatives/{book}/redemptions",
    "POST /v1/redemptions/{id}:approve",
    "POST /v1/redemptions/{id}:withdraw",
    "POST /v1/redemptions/{id}:reverse",
    "commonpurse adopt",
    "commonpurse doctor",
    "commonpurse keys rotate",
    "commonpurse demo",
    "commonpurse dev",
    "commonpurse serve",
    "commonpurse migrate",
    "commonpurse verify",
    "commonpurse recompute-round",
    "commonpurse listen",
    "commonpurse import",
    "commonpurse trigger",
    "commonpurse operator list",
    "commonpurse operator remove",
    "commonpurse book frozen",
    "commonpurse book release",
    "commonpurse keys generate",
    "commonpurse keys rotate-bank",
    "commonpurse keys reseal-bank",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use crate::who_may::{PAGES, TABLE};
    use clap::CommandFactory as _;
    use std::collections::BTreeSet;

    /// Every command of the program, by its full name.
    fn commands(of: &clap::Command, name: &str, found: &mut BTreeSet<String>) {
        let below: Vec<_> = of.get_subcommands().collect();
        if below.is_empty() {
            found.insert(name.to_owned());
        }
        for command in below {
            commands(command, &format!("{name} {}", command.get_name()), found);
        }
    }

    fn programs_commands() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        commands(&Cli::command(), "commonpurse", &mut found);
        found
    }

    /// What is wrong with two lists, given all routes and commands that there are.
    fn wrong(
        grants: &[(&str, &str)],
        nothing: &[&str],
        routes: &[(&str, &str)],
        commands: &BTreeSet<String>,
    ) -> Vec<String> {
        let all: BTreeSet<String> =
            routes.iter().map(|(method, path)| format!("{method} {path}")).chain(commands.iter().cloned()).collect();
        // What only reads or takes away gives nothing.
        let may_give = all.iter().filter(|name| !name.starts_with("GET ") && !name.starts_with("DELETE "));
        let mut wrong = Vec::new();
        for name in may_give {
            let times = grants.iter().filter(|(grant, _)| grant == name).count()
                + nothing.iter().filter(|nothing| *nothing == name).count();
            if times != 1 {
                wrong.push(format!("{name} is {times} times in the lists of grants.rs, not once"));
            }
        }
        for (grant, opposite) in grants {
            if !all.contains(*opposite) {
                wrong.push(format!("{grant} names {opposite}, which is not there"));
            }
        }
        let listed = grants.iter().map(|(grant, _)| grant).chain(nothing);
        wrong.extend(listed.filter(|name| !all.contains(**name)).map(|name| format!("{name} is not there")));
        wrong
    }

    #[test]
    fn t5_whatever_gives_access_names_what_takes_it_back() {
        let routes: Vec<_> = TABLE.iter().chain(PAGES).map(|(method, path, _)| (*method, *path)).collect();
        assert_eq!(wrong(GRANTS, GIVES_NOTHING, &routes, &programs_commands()), Vec::<String>::new());
    }

    #[test]
    fn t5_a_grant_without_an_opposite_and_a_route_that_does_not_say_are_found() {
        let routes = [("POST", "/keys"), ("DELETE", "/keys/{id}"), ("POST", "/doors")];
        let commands = BTreeSet::from(["commonpurse admit".to_owned()]);
        let grants = [("POST /keys", "DELETE /keys/{id}")];
        let found = wrong(&grants, &[], &routes, &commands);
        assert!(found.len() == 2 && found[0].starts_with("POST /doors is 0 times"), "{found:?}");
        assert!(found[1].starts_with("commonpurse admit is 0 times"), "{found:?}");
        let nothing = ["POST /doors", "commonpurse admit"];
        assert_eq!(wrong(&grants, &nothing, &routes, &commands), Vec::<String>::new());
        assert_eq!(wrong(&[("POST /keys", "DELETE /keys")], &nothing, &routes, &commands).len(), 1);
        assert_eq!(wrong(&grants, &["POST /doors", "commonpurse admit", "POST /keys"], &routes, &commands).len(), 1);
        assert_eq!(wrong(&grants, &["POST /doors", "commonpurse admit", "POST /gone"], &routes, &commands).len(), 1);
    }
}

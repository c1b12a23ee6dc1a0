//! Closed sets of words: the fields of answers that hold one of a few, and the list of currencies.

use ledger::between::rules::remittance::{IncomingState, RemittanceState};
use ledger::book::mode::Mode;
use ledger::book::{AccountClass, MovementKind};
use ledger::books::operations::clock::Status;
use ledger::books::rules::wind_up::{PlanKind, WindUpState};
use ledger::calendar::Interval;
use ledger::challenges::rules::appeal::AppealState;
use ledger::challenges::rules::entering::AnswerKind;
use ledger::challenges::rules::entrant::WithdrawnBy;
use ledger::challenges::rules::purse::{ContributionState as PurseState, FeeState};
use ledger::challenges::rules::share_plan::{PartState, PlanState};
use ledger::cooperatives::rules::allocation_rule::Patronage;
use ledger::cooperatives::rules::contribution::{ContributionState, Unit};
use ledger::cooperatives::rules::cooperative::{ProceedsKind, Standing};
use ledger::desk::rules::task::TaskKind;
use ledger::document::DocumentKind;
use ledger::engine::store::books::Visibility;
use ledger::engine::store::units::Counts;
use ledger::evidence::EvidenceKind;
use ledger::fetching::rules::fetch::Failure as FetchFailure;
use ledger::files::rules::file::FileType;
use ledger::governance::rules::proposal::ProposalState;
use ledger::governance::rules::vote::Threshold;
use ledger::matching::rules::formula::Formula;
use ledger::matching::rules::round::PoolContributionState;
use ledger::matching::rules::votes::VoteCost;
use ledger::milestones::rules::application::ApplicationState;
use ledger::milestones::rules::call::CallState;
use ledger::milestones::rules::claim::DecidedBy;
use ledger::milestones::rules::clawback::Bearer;
use ledger::milestones::rules::dispute::Ruling;
use ledger::milestones::rules::milestone::OnSilence;
use ledger::money::Currency;
use ledger::parties::rules::invitation::InvitationState;
use ledger::parties::rules::join_request::JoinRequestState;
use ledger::parties::rules::privacy::Privacy;
use ledger::parties::rules::role::{OrganisationKind, Role, Scope};
use ledger::parties::rules::second_factor::{FactorState, ProofMethod};
use ledger::parties::rules::second_factor_reset::ResetState;
use ledger::partners::rules::endpoint::{AttemptFailure, DeliveryState, Disabled as EndpointDisabled, EndpointState};
use ledger::payouts::files::csv_out::Field;
use ledger::payouts::rules::bank_account::BankAccountState;
use ledger::payouts::rules::bank_difference::{DifferenceState, Side};
use ledger::payouts::rules::bank_line::{BookedAs, Direction, Why as LineWhy};
use ledger::payouts::rules::owed::WaitsFor;
use ledger::payouts::rules::payout::{PayoutState, Screening, Source};
use ledger::payouts::rules::payout_file::{FileFormat, ItemState, LeftOut, PayoutFileState};
use ledger::payouts::rules::reconciliation::Reason as DifferenceReason;
use ledger::payouts::rules::run::RunState;
use ledger::payouts::rules::statement_file::{FileState, Format};
use ledger::pledging::rules::charge::DeclineKind;
use ledger::pledging::rules::chargeback::State as ChargebackState;
use ledger::pledging::rules::commitment::OverCap;
use ledger::pledging::rules::comparison::Difference;
use ledger::pledging::rules::fee::Payee;
use ledger::pledging::rules::kind::{Basis, Word};
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::rules::plan_change::ChangeState;
use ledger::pledging::rules::plan_move::{EndedBy, MoveState};
use ledger::pledging::rules::pledge::{AfterPause, Need, Rail};
use ledger::pledging::rules::returnable::Why;
use ledger::pledging::rules::sandbox_token::SandboxToken;
use ledger::pledging::rules::settlement_day::{LineKind as DayLineKind, Turn};
use ledger::pledging::rules::suspense::{Held, SuspenseState};
use ledger::pledging::rules::withdrawal::WithdrawalState;
use ledger::programmes::rules::advantage::Way;
use ledger::programmes::rules::product::Stage;
use ledger::programmes::rules::self_funding::AtNothing;
use ledger::service::event::EventKind;
use ledger::service::job::JobKind;
use ledger::table::{DecimalMark, Delimiter, Verdict as LineVerdict};
use ledger::treasury::rules::announcement::LineDiffers;
use ledger::treasury::rules::settlement::{Method as PaymentMethod, SettlesBy};
use ledger::winding::rules::line::{Decider, LineKind, LineState, Reason};
use serde_json::{Value, json};

/// Words that stand in the code of what a thing can be; a test holds them against it.
pub(super) const STATES: &[(&str, &[&str])] = &[
    ("Campaign", &["draft", "live", "suspended", "collecting", "successful", "failed", "closed"]),
    (
        "Challenge",
        &[
            "draft",
            "funding",
            "announced",
            "open",
            "extended",
            "judging",
            "provisional",
            "awarded",
            "closed",
            "cancelled",
            "no_award",
        ],
    ),
    (
        "Charge",
        &[
            "scheduled",
            "processing",
            "declined",
            "captured",
            "settled",
            "voided",
            "missed",
            "disputed",
            "lost",
            "refunded",
        ],
    ),
    (
        "Claim",
        &[
            "draft",
            "submitted",
            "in_review",
            "changes_asked",
            "approved",
            "disputed",
            "rejected",
            "payable",
            "paid",
            "revoked",
            "expired",
        ],
    ),
    ("Dispute", &["open", "answered", "replied", "decided", "appealed", "upheld", "upheld_part", "dismissed"]),
    (
        "Distribution",
        &["draft", "objection", "objected", "approved", "posted", "paid", "statements_issued", "reversed", "withdrawn"],
    ),
    ("MatchingRound", &["draft", "open", "tallied", "objection", "final", "paid", "cancelled"]),
    ("Milestone", &["planned", "funded", "claimed", "partly_released", "released", "cancelled"]),
    ("Pledge", &["created", "active", "needs_action", "paused", "lapsed", "completed", "cancelled", "refunded"]),
    ("Redemption", &["requested", "approved", "withdrawn", "reversed"]),
    ("Refund", &["requested", "sent", "settled", "failed"]),
    ("Settlement", &["announced", "open", "settled", "withdrawn"]),
    ("Submission", &["draft", "submitted", "incomplete", "withdrawn"]),
];

/// The words of a field, if they are a closed set.
fn of(schema: &str, field: &str) -> Option<Vec<String>> {
    if let Some((_, words)) = STATES.iter().find(|(of, _)| field == "state" && *of == schema) {
        return Some(literal(words));
    }
    Some(match (schema, field) {
        ("Account" | "Fund" | "IncomeLine" | "ReportLine" | "TrialBalanceLine", "class") => {
            AccountClass::ALL.iter().map(|class| class.as_str().to_owned()).collect()
        }
        ("Product" | "PipelineStage" | "ProductStep", "stage") | ("Product", "next_stage") => all(Stage::ALL),
        ("Product", "asks_for") | ("ProductBlocker", "evidence") => all(EvidenceKind::ALL),
        ("Proposal", "state") => all(ProposalState::ALL),
        ("Proposal" | "RuleMaking", "threshold") => all(Threshold::ALL),
        ("Advantage", "way") => all(Way::ALL),
        ("Member", "standing") => all(Standing::ALL),
        ("Remittance", "state") => all(RemittanceState::ALL),
        ("IncomingRemittance", "state") => all(IncomingState::ALL),
        ("Account" | "AccountNode", "kind") => literal(&["asset", "liability", "equity", "income", "expense"]),
        ("FundMovement" | "JournalLine" | "StatementLine", "kind") => {
            MovementKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect()
        }
        ("JournalLeg" | "StatementLine", "side") => literal(&["debit", "credit"]),
        ("Campaign", "kind") => literal(&["recurring", "all_or_nothing", "keep_what_you_raise", "minimum_and_optimum"]),
        ("Campaign", "over_cap") => all(OverCap::ALL),
        ("CampaignLoop" | "CampaignLoopSaid", "at_nothing") => all(AtNothing::ALL),
        ("Campaign", "verdict_basis") => all(Basis::ALL),
        ("CampaignVerdict", "verdict") => all(Word::ALL),
        ("Attempt", "state") => literal(&["processing", "declined", "captured", "voided"]),
        ("Ballot", "cost") => all(VoteCost::ALL),
        ("BankAccount", "state") => all(BankAccountState::ALL),
        ("BankDifference" | "NewBankDifference", "side") => all(Side::ALL),
        ("BankDifference", "state") => all(DifferenceState::ALL),
        ("BankLine", "direction") => all(Direction::ALL),
        ("BankLine", "state") => literal(&["open", "matched", "booked", "gift", "suspense"]),
        ("BankLine", "booked_as") => all(BookedAs::ALL),
        ("StatementFile", "format") => all(Format::ALL),
        ("StatementFile", "state") => all(FileState::ALL),
        ("BankLine", "why") => all(LineWhy::ALL),
        ("PayoutApproval", "verdict") => literal(&["approved", "refused"]),
        ("PayoutFile", "format") => all(FileFormat::ALL),
        ("PayoutFile", "state") => all(PayoutFileState::ALL),
        ("PayoutTableColumn", "field") => all(Field::ALL),
        ("PayoutFileItem", "state") => all(ItemState::ALL),
        ("PayoutFileItem", "why") => all(LeftOut::ALL),
        ("PayoutTable", "decimal") => all(DecimalMark::ALL),
        ("PayoutTable", "delimiter") => all(Delimiter::ALL),
        ("UntouchedPayment", "state") => all(PayoutState::ALL),
        ("Payout", "screening") => all(Screening::ALL),
        ("Payable" | "Payout", "source") | ("PayoutRun", "sources") => all(Source::ALL),
        ("Payout" | "PayoutRunCount", "state") => all(PayoutState::ALL),
        ("PayablePayout", "state") => literal(&["requested", "approved", "screened", "held", "sent"]),
        ("Payable", "waits_for") => all(WaitsFor::ALL),
        ("ClaimDocument" | "PayoutDocument", "kind") => all(DocumentKind::ALL),
        ("PayoutRun", "state") => all(RunState::ALL),
        ("Payout", "waits_for") => literal(&["bank_account", "approval", "screening", "operator", "sending", "bank"]),
        ("Book" | "Credential" | "RequestLine", "mode") => all(Mode::ALL),
        ("Book", "status") => all(Status::ALL),
        ("Book", "visibility") => all(Visibility::ALL),
        ("Campaign" | "Sources", "lineage") => all(Method::ALL),
        ("Chargeback", "state") => all(ChargebackState::ALL),
        ("ChargebackPart", "bearer") => {
            literal(&["fund", "team_payable", "team_receivable", "host_fee", "platform_fee", "risk_reserve"])
        }
        ("Appeal", "state") => all(AppealState::ALL),
        ("MilestoneApplication", "state") => all(ApplicationState::ALL),
        ("MilestoneCall", "state") => all(CallState::ALL),
        ("SharePart", "state") => all(PartState::ALL),
        ("SharePlan", "state") => all(PlanState::ALL),
        ("ChallengeEntry", "fee_state") => all(FeeState::ALL),
        ("ChallengeEntry", "state") => literal(&["entered", "withdrawn"]),
        ("ChallengeEntry", "withdrawn_by") => all(WithdrawnBy::ALL),
        ("ChallengeQuestion", "kind") => all(AnswerKind::ALL),
        ("ChargeFee" | "Fee" | "RefundFee", "to") => all(Payee::ALL),
        ("Charge", "decline_kind") | ("DeclineChargeRequest", "kind") => all(DeclineKind::ALL),
        ("Returnable", "why") => all(Why::ALL),
        ("RefundFee", "borne_by") => literal(&["payee", "donor"]),
        ("Charge" | "Pledge" | "Refund", "rail") => all(Rail::ALL),
        ("Charge" | "Collector" | "Pledge" | "Settlement", "method") => all(PaymentMethod::ALL),
        ("PartnerDayLine" | "ComparedLine", "kind") => all(DayLineKind::ALL),
        ("ImportVerdict" | "ImportedEntryVerdict", "verdict") => all(LineVerdict::ALL),
        ("PartnerDayLine" | "ComparedLine", "turn") => all(Turn::ALL),
        ("SettlementDifference" | "DifferenceCount", "difference") => all(Difference::ALL),
        ("Settlement", "by") | ("CustodianSettling" | "SettleByRequest", "settles_by") => all(SettlesBy::ALL),
        ("Contribution", "state") => all(ContributionState::ALL),
        ("Credential", "scopes") => all(Scope::ALL),
        ("DeadJob", "kind") => JobKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect(),
        ("Decision", "by") => all(DecidedBy::ALL),
        ("Contribution", "unit") => all(Unit::ALL),
        ("DistributionShare", "by") | ("Statement", "patronage") | ("StatementBase", "name") => all(Patronage::ALL),
        ("PreviewStep", "takes") => literal(&["fixed_cost", "share", "capital_interest", "until_cap", "members"]),
        ("Donor", "privacy") => all(Privacy::ALL),
        ("EntryVerdict", "verdict") => literal(&["posted", "refused", "skipped"]),
        ("Event" | "FireEventRequest", "kind") => EventKind::words().to_vec(),
        ("PledgeVerdict", "verdict") => literal(&["placed", "repeated", "refused", "skipped"]),
        ("Evidence", "kind") => all(EvidenceKind::ALL),
        ("EvidenceFetch", "failure") => all(FetchFailure::ALL),
        ("StoredFile", "content_type") => all(FileType::ALL),
        ("EvidenceFetch", "state") => literal(&["pending", "fetched", "failed"]),
        ("Hold", "state") => literal(&["held", "captured", "released"]),
        ("Invitation", "state") => all(InvitationState::ALL),
        ("Joining", "state") => all(JoinRequestState::ALL),
        ("Invitation" | "Joining" | "Membership", "role") => all(Role::ALL),
        ("MatchingRound", "formula") => all(Formula::ALL),
        ("OauthProblem", "error") => {
            literal(&["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"])
        }
        ("OauthToken" | "ProvedSecondFactor" | "Tokens", "token_type") => literal(&["Bearer"]),
        ("Organisation", "kind") => all(OrganisationKind::ALL),
        ("Pledge", "state_detail") => [all(Need::ALL), all(AfterPause::ALL), literal(&[""])].concat(),
        ("PlanChange", "consent") => literal(&["not_needed", "attested", "link"]),
        ("PlanChange", "state") => all(ChangeState::ALL),
        ("Collector", "rail") => all(Rail::ALL),
        ("PlanMove", "consent") => literal(&["attested", "link"]),
        ("PlanMove", "ended_by") => all(EndedBy::ALL),
        ("PlanMove", "state") => all(MoveState::ALL),
        ("PlanTerms", "interval") => all(Interval::ALL),
        ("Policy", "on_silence") => all(OnSilence::ALL),
        ("PoolContribution", "state") => all(PoolContributionState::ALL),
        ("Proceeds", "kind") => all(ProceedsKind::ALL),
        ("PurseContribution", "state") => all(PurseState::ALL),
        ("Claim", "gate_missing") => all(EvidenceKind::ALL),
        ("ClaimMotion", "kind") => literal(&["revocation", "write_off"]),
        ("ClaimMotion", "bearer") => all(Bearer::ALL),
        ("ClaimMotion", "state") => literal(&["requested", "confirmed", "lapsed"]),
        ("Clawback", "state") => literal(&["open", "settled"]),
        ("Dispute" | "DisputeDecision", "ruling") => all(Ruling::ALL),
        ("RequestLine", "method") => literal(&["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ("Review", "verdict") => literal(&["approve", "ask_changes", "reject"]),
        ("SecondFactor", "state") => all(FactorState::ALL),
        ("FactorReset", "state") => all(ResetState::ALL),
        ("ProvedSecondFactor", "method") => all(ProofMethod::ALL),
        ("Schedule", "interval") => [literal(&["once"]), all(Interval::ALL)].concat(),
        ("Task", "kind") => all(TaskKind::ALL),
        ("ReconciledSettlement", "method") => all(PaymentMethod::ALL),
        ("ReconciliationDifference", "reason") => all(DifferenceReason::ALL),
        ("AnnouncedDifference", "reason") => all(LineDiffers::ALL),
        ("SuspenseItem", "state") => all(SuspenseState::ALL),
        ("SuspenseItem", "why") => all(Held::ALL),
        ("WebhookEndpoint", "kinds") => EventKind::words().to_vec(),
        ("WebhookEndpoint", "state") => all(EndpointState::ALL),
        ("WebhookEndpoint", "reason") => all(EndpointDisabled::ALL),
        ("WebhookDelivery", "kind") => EventKind::words().to_vec(),
        ("WebhookDelivery", "state") => all(DeliveryState::ALL),
        ("WebhookAttempt", "failure") => all(AttemptFailure::ALL),
        ("WindUp", "state") => all(WindUpState::ALL),
        ("WindUpLine", "kind") => all(LineKind::ALL),
        ("WindUpLine", "state") => all(LineState::ALL),
        ("WindUpLine" | "PlanLineRequest", "plan") => all(PlanKind::ALL),
        ("WindUpLine", "decides") => all(Decider::ALL),
        ("WindUpRest", "reason") => all(Reason::ALL),
        ("Withdrawal", "rail") => all(Rail::ALL),
        ("Withdrawal", "state") => all(WithdrawalState::ALL),
        ("Unit", "counts") => all(Counts::ALL),
        ("Use", "kind") => literal(&["milestone_released", "fund_moved", "refund_sent", "dispute_lost"]),
        _ => return None,
    })
}

fn all<T: ToString>(words: &[T]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn literal(words: &[&str]) -> Vec<String> {
    all(words)
}

/// Makes enumerations of the fields of a schema that hold one word of a closed set, and lets its currency refer to the list.
pub(super) fn close(name: &str, schema: &mut Value) {
    if ["Book", "Campaign"].contains(&name)
        && let Some(currency) = schema.pointer_mut("/properties/currency")
    {
        let description = currency.get("description").cloned();
        *currency = json!({"$ref": "#/components/schemas/Currency"});
        if let Some(description) = description {
            currency["description"] = description;
        }
    }
    for part in ["allOf", "oneOf"] {
        let parts = schema.get_mut(part).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(|part| close(name, part));
    }
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (field, shape) in fields {
        if let ("NewPledge" | "ResumePledgeRequest", "token") = (name, field.as_str()) {
            list_tokens(shape);
        }
        let Some(words) = of(name, field) else { continue };
        if shape.get("items").is_some() {
            shape["items"]["enum"] = json!(words);
            continue;
        }
        let null = shape["type"].as_array().filter(|types| types.contains(&json!("null"))).map(|_| Value::Null);
        shape["enum"] = words.into_iter().map(Value::from).chain(null).collect();
    }
}

/// Lists what the sandbox takes; partners have tokens of their own, so that the list is no enumeration.
fn list_tokens(shape: &mut Value) {
    let of_sandbox: Vec<String> =
        SandboxToken::ALL.iter().map(|token| format!("- `{token}`: {}", token.meaning())).collect();
    let text = shape["description"].as_str().unwrap_or_default();
    let lines = of_sandbox.join("\n");
    shape["description"] = json!(format!("{text} The rail `sandbox` takes one of these, and no other:\n\n{lines}"));
    shape["x-sandbox-tokens"] = json!(SandboxToken::ALL);
}

/// The list of currencies.
pub(super) fn currency() -> Value {
    let codes: Vec<&str> = Currency::all().map(Currency::code).collect();
    json!({"type": "string", "description": "A currency of ISO 4217 that has minor units.", "enum": codes})
}

//! Refusals about campaigns, pledges, charges and milestones.

use super::{At, Kind, refusal};

const PLEDGE: &[&str] = &["POST /v1/campaigns/{id}/pledges", "POST /v1/campaigns/{id}/pledges:batch"];
const CAPTURE: &[&str] = &["POST /v1/charges/{id}:capture", "POST /v1/charges/{id}/refunds"];
/// What a partner reports of a charge.
const REPORTS: &[&str] = &[
    "POST /v1/charges/{id}:capture",
    "POST /v1/charges/{id}:decline",
    "POST /v1/charges/{id}:cannot-collect",
    "POST /v1/charges/{id}/refunds",
];
const CHARGEBACK: &[&str] = &["POST /v1/charges/{id}/chargebacks"];
const SUSPENSE: &[&str] = &["POST /v1/suspense/{id}:match", "POST /v1/suspense/{id}:return"];
const REFUND: &[&str] = &["POST /v1/charges/{id}:refund", "POST /v1/charges/{id}/refunds"];
const END_REFUND: &[&str] = &["POST /v1/refunds/{id}:settle", "POST /v1/refunds/{id}:fail"];
const RETURN: &[&str] = &["POST /v1/campaigns/{id}:return"];
const EDIT_CLAIM: &[&str] = &["PUT /v1/claims/{id}"];
const SUBMIT: &[&str] = &["POST /v1/claims/{id}:submit"];
const REVIEW: &[&str] = &["POST /v1/claims/{id}/reviews"];
const DISPUTE: &[&str] = &["POST /v1/claims/{id}/disputes"];
const RESOLVE: &[&str] = &["POST /v1/disputes/{id}:resolve"];
const CHANGE: &[&str] = &["POST /v1/pledges/{id}:change"];
const PLAN_CHANGES: &[&str] = &[
    "POST /v1/pledges/{id}:pause",
    "POST /v1/pledges/{id}:resume",
    "POST /v1/pledges/{id}:cancel",
    "POST /v1/pledges/{id}:redirect",
];
const YEARLY_RECEIPTS: &[&str] =
    &["POST /v1/donors/{id}/yearly-receipts", "POST /v1/donors/{id}/yearly-receipts:reissue"];
/// Whoever decides, and what a decision does at once.
const DECISIONS: &[&str] = &["POST /v1/claims/{id}/reviews", "POST /v1/disputes/{id}:resolve"];

pub(super) const KINDS: &[Kind] = &[
    Kind {
        code: "card-testing-suspected",
        status: 429,
        meaning: "Somebody seems to try cards: more payments came from one address, with one card or for one pledge within an hour \
                  than people give, or most first charges of the partner's pledges were declined. Nothing was done, no provider \
                  was asked, and the partner's owners are told.",
        remedy: "Put a check before the form on the platform, and try again after as many seconds as `Retry-After` says. Of a \
                 batch, each such pledge is refused alone.",
        at: At::Of(&[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/pledges/{id}:resume",
            "POST /v1/pledges/{id}:move",
        ]),
    },
    refusal(
        "slug-taken",
        "The book has a campaign, a challenge or a matching round with this slug.",
        "Choose another slug.",
        &["POST /v1/campaigns", "POST /v1/challenges", "POST /v1/matching-rounds"],
    ),
    refusal(
        "payment-expected",
        "A charge of the pledge waits for a payment of this amount.",
        "Report the capture of the charge that `detail` names.",
        &["POST /v1/pledges/{id}/suspense"],
    ),
    refusal(
        "suspense-decided",
        "The money was matched or returned before, or its time has run out and it goes back.",
        "Nothing is left to do; read it to see what became of it.",
        SUSPENSE,
    ),
    refusal(
        "suspense-not-arrived",
        "The money is not there yet: its custodian has not paid it over.",
        "Wait until the day that `detail` names, and match it then.",
        &["POST /v1/suspense/{id}:match"],
    ),
    refusal(
        "suspense-of-another-partner",
        "The money lies with another partner than the one that collects the pledge.",
        "Name a pledge of the same partner, or return the money.",
        &["POST /v1/suspense/{id}:match"],
    ),
    refusal(
        "suspense-amount-differs",
        "A payment of the pledge is of another amount.",
        "Name a pledge whose payments are of this amount, or return the money.",
        &["POST /v1/suspense/{id}:match"],
    ),
    refusal(
        "partner-withdrawn",
        "The partner is withdrawn from the book: it takes no new pledges, and begins no payments.",
        "Bring the pledge through another partner, move its plan to one, or ask the host or the partner to restore it.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/pledges/{id}:resume",
            "POST /v1/pledges/{id}:move",
            "POST /v1/plan-moves/{id}:confirm-ended",
        ],
    ),
    refusal(
        "rail-withdrawn",
        "The rail is withdrawn from the book: it takes no new pledges, and begins no payments.",
        "Name another rail, move the plan to one, or ask the host to restore it.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/pledges/{id}:resume",
            "POST /v1/pledges/{id}:move",
            "POST /v1/plan-moves/{id}:confirm-ended",
        ],
    ),
    refusal(
        "withdrawn-already",
        "The partner or the rail is withdrawn already.",
        "Nothing is left to do; restore it first, to name another day.",
        &["POST /v1/books/{book}/partners/{organisation}:withdraw", "POST /v1/books/{book}/rails/{rail}:withdraw"],
    ),
    refusal(
        "not-withdrawn",
        "The partner or the rail is not withdrawn.",
        "Nothing is left to do.",
        &["POST /v1/books/{book}/partners/{organisation}:restore", "POST /v1/books/{book}/rails/{rail}:restore"],
    ),
    refusal(
        "same-collector",
        "That partner collects the pledge on that rail already.",
        "Name another partner or another rail; another means of payment is given by `POST /v1/pledges/{id}:resume`.",
        &["POST /v1/pledges/{id}:move"],
    ),
    refusal(
        "move-open",
        "The plan is about to move already.",
        "Wait for the end of the move that `detail` names, or decline it: `POST /v1/plan-moves/{id}:decline`.",
        &["POST /v1/pledges/{id}:move"],
    ),
    refusal(
        "move-state",
        "The move is in another state than this needs.",
        "Read the move; `detail` says what can be done.",
        &["POST /v1/plan-moves/{id}:confirm-ended", "POST /v1/plan-moves/{id}:decline"],
    ),
    refusal(
        "partner-not-gone",
        "The host speaks for a partner that is still there.",
        "Let the partner confirm that its mandate has ended, or withdraw it from the book first.",
        &["POST /v1/plan-moves/{id}:confirm-ended"],
    ),
    refusal(
        "partner-not-admitted",
        "The book does not admit the new partner any more.",
        "Admit it again, or decline the move.",
        &["POST /v1/plan-moves/{id}:confirm-ended"],
    ),
    refusal(
        "pledge-moving",
        "The donor has agreed that the plan moves, at the terms that it has.",
        "Wait for the end of the move that `detail` names, or decline it; then change the plan.",
        CHANGE,
    ),
    refusal(
        "custodian-frozen",
        "What the custodian holds is frozen already.",
        "Nothing is left to do; release it when the money is free again.",
        &["POST /v1/books/{book}/custodians/{organisation}:freeze"],
    ),
    refusal(
        "custodian-not-frozen",
        "What the custodian holds is not frozen.",
        "Nothing is left to do.",
        &["POST /v1/books/{book}/custodians/{organisation}:release"],
    ),
    refusal(
        "no-custodian",
        "The organisation holds nothing for the book, and collects nothing for it.",
        "Name one that the list of custodians has, an admitted partner, or the host.",
        &["POST /v1/books/{book}/custodians/{organisation}:freeze"],
    ),
    refusal(
        "campaign-not-draft",
        "The campaign was published before.",
        "Nothing is left to do, or make a new campaign.",
        &["POST /v1/campaigns/{id}:publish"],
    ),
    refusal(
        "campaign-not-live",
        "The campaign takes no money now.",
        "Wait until it does, or name another campaign.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/books/{book}/wind-up/lines/{account}:plan",
            "POST /v1/pledges/{id}:redirect",
            "POST /v1/pledges/{id}:resume",
            "POST /v1/charges/{id}:capture",
            "POST /v1/milestones",
            "POST /v1/campaigns/{id}:raise",
            "POST /v1/campaigns/{id}/tiers",
            "POST /v1/matching-rounds/{id}/campaigns",
        ],
    ),
    refusal(
        "campaign-full",
        "Less still fits below the campaign's cap than is asked for.",
        "Pledge what still fits, name another campaign, or ask the host to raise the cap.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/pledges/{id}:redirect",
            "POST /v1/pledges/{id}:resume",
            "POST /v1/pledges/{id}:change",
        ],
    ),
    refusal(
        "tier-sold-out",
        "No place of the tier is left.",
        "Choose another tier, or pledge without one.",
        &["POST /v1/campaigns/{id}/pledges", "POST /v1/campaigns/{id}/pledges:batch"],
    ),
    refusal(
        "goal-not-raised",
        "What is asked for is not more than it is: what donors were shown only rises.",
        "Name a higher amount.",
        &["POST /v1/campaigns/{id}:raise"],
    ),
    refusal(
        "too-many-tiers",
        "The campaign has as many tiers as it may.",
        "Do with those that there are.",
        &["POST /v1/campaigns/{id}/tiers"],
    ),
    refusal(
        "last-day-passed",
        "The last day of the campaign has passed before it was published.",
        "Make another campaign, with a later last day.",
        &["POST /v1/campaigns/{id}:publish"],
    ),
    refusal(
        "schedule-refused",
        "The campaign has a last day: it takes single payments that fall due by then.",
        "Ask for one payment, by the campaign's `last_day`; or name a recurring campaign.",
        &["POST /v1/campaigns/{id}/pledges", "POST /v1/pledges/{id}:redirect"],
    ),
    refusal(
        "verdict-pending",
        "The campaign has no verdict yet: its money may have to go back to its donors.",
        "Wait until it is successful: its `state_until` says until when.",
        &["POST /v1/milestones/{id}:fund"],
    ),
    refusal(
        "campaign-failed",
        "The campaign was not successful: its money is its donors'.",
        "Let the donors redirect it to another campaign.",
        &["POST /v1/milestones/{id}:fund"],
    ),
    refusal("campaign-not-collecting", "The campaign has no verdict to reach now.", "Nothing is left to do.", &[]),
    refusal("campaign-not-suspended", "The campaign is not suspended.", "Nothing is left to do.", &[]),
    refusal(
        "campaign-closed",
        "The campaign is closed for good.",
        "Name another campaign.",
        &[
            "POST /v1/campaigns/{id}:close",
            "POST /v1/campaigns/{id}/terms",
            "POST /v1/milestones",
            "POST /v1/milestones/{id}:fund",
            "POST /v1/suspense/{id}:match",
        ],
    ),
    refusal(
        "campaign-not-published",
        "The campaign has no fund yet.",
        "Publish it first.",
        &["POST /v1/milestones/{id}:fund", "POST /v1/claims/{id}/reviews", "POST /v1/disputes/{id}:resolve"],
    ),
    refusal(
        "not-returnable",
        "Nothing of the pledge's money is returnable now.",
        "Look at the pledge's money, which says since when and why something is. Refund a charge where the host agrees.",
        &["POST /v1/pledges/{id}:return"],
    ),
    refusal(
        "year-not-over",
        "The year has not ended yet, in the zone of the book.",
        "Ask again in January. What was given so far stands in the receipts of the single charges.",
        YEARLY_RECEIPTS,
    ),
    refusal(
        "nothing-given",
        "The donor has no receipt of a charge that was captured in that year.",
        "Ask for a year in which they gave: `GET /v1/pledges/{id}/receipts` has the receipts of a pledge, each with its day.",
        YEARLY_RECEIPTS,
    ),
    refusal(
        "yearly-receipt-unchanged",
        "Nothing has changed since the receipts of that year were issued, so that another edition would say the same.",
        "Nothing is left to do: the last edition says what is so.",
        &["POST /v1/donors/{id}/yearly-receipts:reissue"],
    ),
    refusal(
        "terms-written",
        "A version of the campaign's terms says the same, word by word, with the same fees.",
        "Nothing is left to do while that version is in effect; else say what is different.",
        &["POST /v1/campaigns/{id}/terms"],
    ),
    refusal(
        "terms-mismatch",
        "The terms that were agreed to are not those of the campaign, or of the matching round.",
        "Show the donor or sponsor the terms, and send their `terms_sha256`.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/pledges/{id}:redirect",
            "POST /v1/matching-rounds/{id}/contributions",
        ],
    ),
    refusal(
        "reference-taken",
        "The reference stands for something else already.",
        "Use another reference, or send the same content as before.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/charges/{id}:capture",
            "POST /v1/charges/{id}/refunds",
            "POST /v1/pledges/{id}/suspense",
            "POST /v1/refunds/{id}:settle",
            "POST /v1/challenges/{id}/contributions",
            "POST /v1/matching-rounds/{id}/contributions",
            "POST /v1/cooperatives/{book}/proceeds",
            "POST /v1/settlements",
            "POST /v1/pledges/{id}:move",
            "POST /v1/plan-moves/{id}:confirm-ended",
        ],
    ),
    refusal(
        "rail-refused",
        "The money cannot be taken in this way: a live book simulates no payments, a sandbox book takes no real ones, and a partner captures only what it collects.",
        "Use the rail `partner` or `stripe` in live books, and report captures of charges of the rail `partner` only.",
        &[
            "POST /v1/campaigns/{id}/pledges",
            "POST /v1/campaigns/{id}/pledges:batch",
            "POST /v1/charges/{id}:capture",
            "POST /v1/charges/{id}:decline",
            "POST /v1/charges/{id}:cannot-collect",
            "POST /v1/charges/{id}/refunds",
            "POST /v1/refunds/{id}:settle",
            "POST /v1/refunds/{id}:fail",
            "POST /v1/pledges/{id}/suspense",
            "POST /v1/pledges/{id}:move",
        ],
    ),
    refusal(
        "rail-not-offered",
        "This installation has no account with the provider of that rail.",
        "Use the rail `partner`, or ask whoever runs the installation.",
        &["POST /v1/campaigns/{id}/pledges", "POST /v1/campaigns/{id}/pledges:batch", "POST /v1/pledges/{id}:move"],
    ),
    refusal(
        "plan-invalid",
        "The plan has no payments, too many, or begins in a year that is out of bounds.",
        "Mend the schedule.",
        PLEDGE,
    ),
    refusal(
        "pledge-state",
        "The pledge is in another state than the change needs.",
        "Read the pledge, and do what its state allows.",
        PLAN_CHANGES,
    ),
    refusal(
        "pledge-lapsed",
        "The pledge has lapsed: its plan changes when it runs again.",
        "Resume the pledge, and then change its plan.",
        CHANGE,
    ),
    refusal(
        "pledge-over",
        "The pledge is completed, cancelled or refunded: nothing of it can change.",
        "Place a new pledge with what the donor wants now.",
        &["POST /v1/pledges/{id}:change", "POST /v1/pledges/{id}:move"],
    ),
    refusal(
        "no-due-date-left",
        "The pledge is one payment, or its last due date has come: nothing is left that could change.",
        "Place a new pledge with what the donor wants now; cancel this one if its last payment is not to be made. Money in suspense \
                 is matched to another pledge, or returned.",
        &["POST /v1/pledges/{id}:change", "POST /v1/suspense/{id}:match", "POST /v1/pledges/{id}:move"],
    ),
    refusal("same-terms", "The plan is as it is asked for.", "Nothing is left to do.", CHANGE),
    refusal(
        "donor-without-email",
        "The change needs the donor's consent, and no address is known to which its link could go.",
        "Let the donor consent on your platform, and attest it in `consent`; a move, on that of the new partner.",
        &["POST /v1/pledges/{id}:change", "POST /v1/pledges/{id}:move"],
    ),
    refusal(
        "consent-link-invalid",
        "The link by which a donor consents is unknown, too old, used, or about a change or a move that is over.",
        "Ask for it once more: the donor is mailed a new link.",
        &[],
    ),
    refusal(
        "change-applied",
        "The change is applied: it cannot be taken back.",
        "Ask for another change, back to the former terms.",
        &["POST /v1/plan-changes/{id}:withdraw"],
    ),
    refusal(
        "pledge-needs-means",
        "The pledge needs another means of payment.",
        "Send its token.",
        &["POST /v1/pledges/{id}:resume"],
    ),
    refusal(
        "pledge-needs-campaign",
        "The campaign of the pledge takes no money any more.",
        "Redirect the pledge to another campaign.",
        &["POST /v1/pledges/{id}:resume"],
    ),
    refusal(
        "pause-invalid",
        "The pause ends before now, or too far ahead.",
        "Send an end that lies within the bounds that `detail` names.",
        &["POST /v1/pledges/{id}:pause"],
    ),
    refusal(
        "same-campaign",
        "The pledge, or the money, is with that campaign already.",
        "Nothing is left to do.",
        &["POST /v1/pledges/{id}:redirect", "POST /v1/books/{book}/wind-up/lines/{account}:plan"],
    ),
    refusal(
        "charge-state",
        "The charge is in another state than the report needs.",
        "Read the charge, and report what its state allows.",
        REPORTS,
    ),
    refusal("charge-not-due", "No payment of the charge is due.", "Wait until it is.", CAPTURE),
    refusal(
        "charge-captured",
        "The charge was captured: by another payment, or the report says that it was not.",
        "Look by which one. Refund another payment; report a refund or a chargeback when the money of the capture went back.",
        REPORTS,
    ),
    refusal(
        "settlement-differs",
        "A line of the settlement says something else than what is owed of its charge. Nothing was settled.",
        "`detail` names the lines and both figures. Mend them; or, when less has arrived than is owed, send `accept_difference` with the reason.",
        &["POST /v1/settlements"],
    ),
    refusal(
        "capture-amount",
        "The report is of another amount or currency than the charge.",
        "`detail` says both. Collect the amount of the charge, and give back what was collected wrongly. Of a pledge in another currency, say `original` \
         beside what came of it.",
        &["POST /v1/charges/{id}:capture"],
    ),
    refusal(
        "original-refused",
        "Nobody converts what the donor would pay in another currency: the rail takes the campaign's own.",
        "Use the rail `partner`, by which you collect and convert it; or pledge in the campaign's currency.",
        &["POST /v1/campaigns/{id}/pledges", "POST /v1/campaigns/{id}/pledges:batch", "POST /v1/pledges/{id}:move"],
    ),
    refusal(
        "original-differs",
        "The report is of other money than the donor pays by the pledge.",
        "`detail` says both. Collect what the pledge says, and give back what was collected wrongly.",
        &["POST /v1/charges/{id}:capture"],
    ),
    refusal(
        "original-kept",
        "The donor's plan is in another currency: its amount does not change by that of the campaign.",
        "Change the interval alone; or cancel the plan, and place another one with what the donor wants now.",
        CHANGE,
    ),
    refusal(
        "rate-out-of-bounds",
        "An amount is further from what was promised, or given back, than rates move.",
        "Look for a mistake. A payment that is right all the same is given back, and pledged anew at the rate of today; a refund is reported \
         without `settled_amount`, and the difference settled with the host.",
        &["POST /v1/charges/{id}:capture", "POST /v1/charges/{id}/refunds", "POST /v1/refunds/{id}:settle"],
    ),
    refusal(
        "charge-not-captured",
        "Nothing was captured of the charge, or all of it went back before it settled: there is nothing to give or take back.",
        "Read the charge. Wait until it is captured, or cancel the pledge. What was voided, its partner gives back by itself.",
        &["POST /v1/charges/{id}:refund", "POST /v1/charges/{id}/refunds", "POST /v1/charges/{id}/chargebacks"],
    ),
    refusal(
        "refund-exceeds-charge",
        "More is asked back than is left of the charge, besides what is refunded or under dispute.",
        "Ask for what is left, which the detail says.",
        REFUND,
    ),
    refusal(
        "refund-exceeds-held",
        "What the pledge brought was released, is set aside for milestones, or is held by a chargeback.",
        "Ask for what is still free, which the detail says; cancel a milestone that is not delivered first, or wait for the end of the chargeback.",
        &["POST /v1/charges/{id}:refund"],
    ),
    refusal("refund-nothing", "All of that part are fees that their payees keep.", "Ask for a larger part.", REFUND),
    refusal(
        "refund-over",
        "The refund has settled or failed already.",
        "Nothing is left to do; what failed is asked for again as another refund.",
        END_REFUND,
    ),
    refusal("campaign-open", "The campaign is not closed.", "Close it before its money goes back.", RETURN),
    refusal(
        "campaign-earmarked",
        "Money of the campaign is set aside for milestones.",
        "Release them, or cancel them first.",
        RETURN,
    ),
    refusal(
        "event-taken",
        "This event was about something else.",
        "Send an event id once.",
        &[
            "POST /v1/charges/{id}:capture",
            "POST /v1/charges/{id}:decline",
            "POST /v1/charges/{id}:cannot-collect",
            "POST /v1/charges/{id}/refunds",
            "POST /v1/charges/{id}/chargebacks",
            "POST /v1/pledges/{id}/suspense",
        ],
    ),
    refusal(
        "chargeback-exceeds-charge",
        "More was taken back than is left of the charge.",
        "Report what was taken back of this charge: `detail` says how much is neither refunded nor disputed.",
        CHARGEBACK,
    ),
    refusal(
        "chargeback-decided",
        "The chargeback was decided before, in the other way.",
        "Read the chargeback. Where the provider changed its mind, report another chargeback, or let the donor give again.",
        &["POST /v1/chargebacks/{id}:win", "POST /v1/chargebacks/{id}:lose"],
    ),
    refusal(
        "pledge-held",
        "A chargeback that is not over holds the money of the pledge.",
        "Wait until it is decided: the list of the charge's chargebacks says until when.",
        &["POST /v1/pledges/{id}:redirect"],
    ),
    refusal(
        "reserve-short",
        "The risk reserve does not reach.",
        "Fund the risk reserve: `detail` says with how much.",
        &["POST /v1/books/{book}/receivables/{team}:write-off"],
    ),
    refusal(
        "receivable-exceeded",
        "The team owes less than was named.",
        "Read what the team owes, and name that or less.",
        &["POST /v1/books/{book}/receivables/{team}:recover", "POST /v1/books/{book}/receivables/{team}:write-off"],
    ),
    refusal(
        "fund-short",
        "The fund holds less free money than is needed.",
        "Wait until more has settled, or ask for less.",
        &[
            "POST /v1/milestones/{id}:fund",
            "POST /v1/pledges/{id}:redirect",
            "POST /v1/claims/{id}/reviews",
            "POST /v1/disputes/{id}:resolve",
        ],
    ),
    refusal(
        "policy-out-of-bounds",
        "The policy has no reviewer, too many, or too long a time.",
        "Mend the policy.",
        &["POST /v1/milestones"],
    ),
    refusal(
        "milestone-not-planned",
        "The milestone is not planned: it was funded, or given up.",
        "Nothing is left to do, or plan a new one.",
        &["POST /v1/milestones/{id}:fund", "POST /v1/milestones/{id}:cancel"],
    ),
    refusal(
        "milestone-closed",
        "The milestone is released or given up.",
        "Nothing is left to do.",
        &["POST /v1/milestones/{id}:cancel"],
    ),
    refusal(
        "milestone-not-funded",
        "No money is set aside for the milestone.",
        "Fund it first.",
        &["POST /v1/milestones/{id}/claims", "POST /v1/claims/{id}:submit"],
    ),
    refusal("milestone-not-claimed", "No claim on the milestone is in play.", "Submit a claim first.", DECISIONS),
    refusal(
        "claim-open",
        "Another claim on the milestone is being decided.",
        "Wait for its end.",
        &["POST /v1/milestones/{id}:cancel", "POST /v1/milestones/{id}/claims", "POST /v1/claims/{id}:submit"],
    ),
    refusal(
        "amount-above-milestone",
        "The claim asks for more than the milestone has left.",
        "Ask for that or less.",
        &["POST /v1/milestones/{id}/claims", "PUT /v1/claims/{id}", "POST /v1/claims/{id}:submit"],
    ),
    refusal("claim-decided", "The claim is decided and changes no more.", "Write a new claim.", EDIT_CLAIM),
    refusal("claim-not-draft", "Only a draft is submitted.", "Edit the claim first, which makes it a draft.", SUBMIT),
    refusal(
        "evidence-missing",
        "The milestone asks for evidence that the claim has not.",
        "Add evidence of the kinds that `detail` names.",
        SUBMIT,
    ),
    refusal(
        "claim-not-in-review",
        "The claim does not wait for reviewers.",
        "Read the claim: its state says what it waits for.",
        REVIEW,
    ),
    refusal(
        "claim-not-approved",
        "The claim is not approved, or is released.",
        "Read the claim: its state says what it waits for.",
        &["POST /v1/claims/{id}/disputes", "POST /v1/disputes/{id}:resolve"],
    ),
    refusal("own-claim", "Nobody decides on a claim of their own.", "Let another reviewer decide.", DECISIONS),
    refusal(
        "own-team",
        "A member of the claiming team does not decide on its claims.",
        "Let another reviewer decide.",
        DECISIONS,
    ),
    refusal(
        "declared-tie",
        "Whoever is tied to the team does not judge its work.",
        "Let somebody else decide.",
        &["POST /v1/claims/{id}/reviews", "POST /v1/disputes/{id}:resolve", "POST /v1/submissions/{id}/scores"],
    ),
    refusal(
        "digest-mismatch",
        "What was looked at is not what stands there now.",
        "Read it again, and decide on that.",
        &["POST /v1/claims/{id}/reviews", "POST /v1/submissions/{id}/scores", "POST /v1/distributions/{id}:approve"],
    ),
    refusal("amount-above-claim", "An approval is for the claimed amount or a part of it.", "Approve less.", REVIEW),
    refusal("already-reviewed", "Each reviewer speaks once on a submission.", "Nothing is left to do.", REVIEW),
    refusal(
        "same-person",
        "Two steps need two people.",
        "Let somebody else take this step.",
        &[
            "POST /v1/claims/{id}/reviews",
            "POST /v1/disputes/{id}:resolve",
            "POST /v1/distributions/{id}:open",
            "POST /v1/distributions/{id}:approve",
            "POST /v1/distributions/{id}:reverse",
        ],
    ),
    refusal("objection-window-closed", "The time for objections has passed.", "Nothing can be done here.", DISPUTE),
    refusal("amount-above-approved", "So much of the claim cannot be disputed any more.", "Dispute less.", DISPUTE),
    refusal(
        "too-many-disputes",
        "As many disputes of this claim are open as may be.",
        "Wait until some are decided.",
        DISPUTE,
    ),
    refusal("dispute-closed", "The dispute is decided.", "Nothing is left to do.", RESOLVE),
    refusal("own-dispute", "Whoever raised a dispute does not decide it.", "Let somebody else decide.", RESOLVE),
    refusal(
        "reason-missing",
        "The step needs a reason.",
        "Send `reason`, or `answer` when a member has objected.",
        &[
            "POST /v1/milestones/{id}:cancel",
            "POST /v1/challenges/{id}:cancel",
            "POST /v1/matching-rounds/{id}:cancel",
            "POST /v1/distributions/{id}:approve",
        ],
    ),
    refusal("nothing-to-divide", "A loss is not divided.", "Wait for a surplus.", &[]),
    refusal(
        "sum-too-large",
        "The captures of a day are more than one entry holds, or more was given than can be summed up.",
        "Tell the operator.",
        &["POST /v1/matching-rounds/{id}:recompute", "POST /v1/matching-rounds/{id}:finalise"],
    ),
    refusal("settlement-not-due", "The money of the settlement does not arrive yet.", "Wait until it is due.", &[]),
];

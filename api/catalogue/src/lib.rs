//! Texts in several languages: one text a name, in `texts/en` and `texts/de` of the room that says them.
//!
//! The texts are written in [Fluent](https://projectfluent.org). The English ones are whole; a text that another language lacks is said
//! in English.
//!
//! What pages and mails say alike stands here: what somebody is to do ([`task`]).

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use ledger::desk::rules::task::TaskKind;
use ledger::parties::rules::language::Language;

pub use fluent_bundle::FluentValue;

/// The texts of one language.
type Bundle = FluentBundle<FluentResource>;

/// What stands in the files of a room: each in English and in German.
#[macro_export]
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$((
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/texts/en/", $name, ".ftl")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/texts/de/", $name, ".ftl")),
        )),+]
    };
}

/// What is said in every room.
static SHARED: [(&str, &str); 1] = files!["task"];

/// What is to be done, for people: the name of its text.
pub fn task(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::AcceptInvitation => "task-accept-invitation",
        TaskKind::AnswerJoinRequest => "task-answer-join-request",
        TaskKind::DecideCall => "task-decide-call",
        TaskKind::ReviewClaim => "task-review-claim",
        TaskKind::ChangeClaim => "task-change-claim",
        TaskKind::AnswerDispute => "task-answer-dispute",
        TaskKind::ReplyDispute => "task-reply-dispute",
        TaskKind::ResolveDispute => "task-resolve-dispute",
        TaskKind::ConfirmRequest => "task-confirm-request",
        TaskKind::OpenDistribution => "task-open-distribution",
        TaskKind::ApproveDistribution => "task-approve-distribution",
        TaskKind::ApproveRedemption => "task-approve-redemption",
        TaskKind::AnswerAffiliation => "task-answer-affiliation",
        TaskKind::CastVote => "task-cast-vote",
        TaskKind::AttestHours => "task-attest-hours",
        TaskKind::ScoreSubmission => "task-score-submission",
        TaskKind::AttestShare => "task-attest-share",
        TaskKind::ReviseShares => "task-revise-shares",
        TaskKind::DecideShares => "task-decide-shares",
        TaskKind::AnswerChargeback => "task-answer-chargeback",
        TaskKind::CheckCapture => "task-check-capture",
        TaskKind::ChaseSettlement => "task-chase-settlement",
        TaskKind::FundReserve => "task-fund-reserve",
        TaskKind::ConfirmEnded => "task-confirm-ended",
        TaskKind::ConfirmBankAccount => "task-confirm-bank-account",
        TaskKind::ApprovePayout => "task-approve-payout",
        TaskKind::DecidePayout => "task-decide-payout",
        TaskKind::SendPayout => "task-send-payout",
        TaskKind::ChasePayout => "task-chase-payout",
        TaskKind::MatchBankLine => "task-match-bank-line",
        TaskKind::MatchSuspense => "task-match-suspense",
        TaskKind::ReleaseCustodian => "task-release-custodian",
    }
}

/// All that a room says.
pub struct Catalogue {
    english: Bundle,
    german: Bundle,
}

impl Catalogue {
    /// Of files, in English and in German.
    pub fn new(files: &[(&'static str, &'static str)]) -> Catalogue {
        let all = || files.iter().chain(&SHARED);
        let english = bundle(Language::English, all().map(|(english, _)| *english));
        let german = bundle(Language::German, all().map(|(_, german)| *german));
        Catalogue { english, german }
    }

    /// The text of a name with its values, in a language, or in English where it has none for it.
    pub fn written(&self, language: Language, id: &str, values: &[(&'static str, FluentValue<'static>)]) -> String {
        let from = |bundle: &Bundle| {
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            let values = values.iter().map(|(name, value)| (*name, value.clone())).collect::<FluentArgs>();
            let text = bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned();
            debug_assert!(errors.is_empty(), "{id}: {errors:?}");
            if !errors.is_empty() {
                tracing::error!(?errors, id, "a text lacks a value");
            }
            Some(text)
        };
        from(self.of(language)).or_else(|| from(self.of(Language::English))).unwrap_or_else(|| {
            debug_assert!(false, "there is no text {id}");
            tracing::error!(id, "there is no such text");
            id.to_owned()
        })
    }

    fn of(&self, language: Language) -> &Bundle {
        match language {
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }
}

fn bundle(language: Language, files: impl Iterator<Item = &'static str>) -> Bundle {
    let mut bundle = Bundle::new_concurrent(language.tag().parse().into_iter().collect());
    // Marks around values would stand in the way of who searches a page or copies from it.
    bundle.set_use_isolating(false);
    for file in files {
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(read, errors)| {
            tracing::error!(?errors, "a text cannot be read");
            read
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(?errors, "a text stands twice");
        }
    }
    bundle
}

//! Thousands of requests for each operation, as people and as partners: a test for each tag, so that each has a service of its own and a failure
//! says where it is. `COMMONPURSE_EXAMPLES` asks for fewer than `make check-long` does.

use super::{Extent, LEFT_OUT, OF_PARTNERS, Outcome, Piece, asked_as, operations, root};
use crate::scene::Scene;
use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;

/// Requests for each operation and kind of data.
const EXAMPLES: u32 = 2_000;

async fn hold(piece: Piece, tag: &str) -> Outcome {
    let examples = std::env::var("COMMONPURSE_EXAMPLES").map_or(Ok(EXAMPLES), |number| number.parse());
    let examples = examples.context("COMMONPURSE_EXAMPLES")?;
    let scene = Scene::set(&[piece]).await?;
    let (contract, caller) = asked_as(piece, &scene);
    scene.hold(contract, caller, &[tag], Extent::Long(examples), 0).await?;
    scene.app.finish_with_jobs_left().await
}

/// A test for each of some tags, and their list.
macro_rules! tags {
    ($room:ident, $document:literal, $list:ident: $($name:ident $piece:ident $tag:literal,)*) => {
        mod $room {
            use super::*;

            $(
                #[tokio::test]
                #[ignore = "left to `make check-long`"]
                async fn $name() -> Outcome {
                    hold(Piece::$piece, $tag).await
                }
            )*
        }

        const $list: (&str, &[&str]) = ($document, &[$($tag),*]);
    };
}

tags! { people, "openapi.json", OF_PEOPLE:
    health Parties "health",
    contract Parties "contract",
    identity Parties "identity",
    second_factors Parties "second-factors",
    persons Parties "persons",
    organisations Parties "organisations",
    invitations Parties "invitations",
    credentials Parties "credentials",
    requests Parties "requests",
    ties Parties "ties",
    books Books "books",
    events Books "events",
    jobs Books "jobs",
    accounts Books "accounts",
    units Books "units",
    journal_entries Books "journal-entries",
    holds Books "holds",
    reports Books "reports",
    exports Books "exports",
    programmes Books "programmes",
    products Books "products",
    campaigns Pledging "campaigns",
    pledges Pledging "pledges",
    charges Pledging "charges",
    refunds Pledging "refunds",
    settlements Pledging "settlements",
    chargebacks Pledging "chargebacks",
    receivables Pledging "receivables",
    milestones Pledging "milestones",
    milestone_calls Pledging "milestone calls",
    claims Pledging "claims",
    evidence Pledging "evidence",
    reviews Pledging "reviews",
    disputes Pledging "disputes",
    releases Pledging "releases",
    bank_accounts Pledging "bank-accounts",
    payouts Pledging "payouts",
    payout_runs Pledging "payout-runs",
    payables Pledging "payables",
    payout_files Pledging "payout-files",
    bank_statements Pledging "bank-statements",
    challenges Challenges "challenges",
    challenge_rules Challenges "challenge rules",
    challenge_entries Challenges "challenge entries",
    purses Challenges "purses",
    submissions Challenges "submissions",
    updates Challenges "updates",
    judging Challenges "judging",
    matching Challenges "matching",
    cooperatives Cooperatives "cooperatives",
    allocation_rules Cooperatives "allocation-rules",
    proposals Cooperatives "proposals",
    proceeds Cooperatives "proceeds",
    distributions Cooperatives "distributions",
    remittances Cooperatives "remittances",
    statements Cooperatives "statements",
}

tags! { partners, "partner.json", OF_A_PARTNER:
    health Partners "health",
    contract Partners "contract",
    identity Partners "identity",
    requests Partners "requests",
    books Partners "books",
    events Partners "events",
    campaigns Partners "campaigns",
    pledges Partners "pledges",
    charges Partners "charges",
    refunds Partners "refunds",
    settlements Partners "settlements",
    chargebacks Partners "chargebacks",
    milestones Partners "milestones",
    milestone_calls Partners "milestone calls",
    allocation_rules Partners "allocation-rules",
    programmes Partners "programmes",
    releases Partners "releases",
    challenges Partners "challenges",
    challenge_rules Partners "challenge rules",
    challenge_entries Partners "challenge entries",
    purses Partners "purses",
    submissions Partners "submissions",
    updates Partners "updates",
    judging Partners "judging",
    matching Partners "matching",
    webhooks Partners "webhooks",
}

#[test]
fn p15_each_tag_of_the_contracts_is_asked_thousands_of_times_as_a_person_and_as_a_partner() -> Outcome {
    for (document, tested) in [OF_PEOPLE, OF_A_PARTNER] {
        let contract = serde_json::from_slice(&std::fs::read(root().join("openapi").join(document))?)?;
        let mut tags = BTreeSet::new();
        for (_, path, of) in operations(&contract)? {
            let is_asked = !LEFT_OUT.contains(&&*path);
            tags.extend(of.into_iter().filter(|_| is_asked));
        }
        if document == "openapi.json" {
            tags.retain(|tag| !OF_PARTNERS.contains(&&**tag));
        }
        let tested: BTreeSet<String> = tested.iter().map(|&tag| tag.to_owned()).collect();
        ensure!(tags == tested, "{document}: a test of each of {tags:?}, not of {tested:?}");
    }
    Ok(())
}

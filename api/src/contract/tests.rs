//! What holds of the contract as it stands.

use super::*;

#[test]
fn every_operation_is_in_the_table_and_every_row_of_the_table_is_routed() {
    who_may::compare(&operations()).unwrap();
}

#[test]
fn every_operation_has_a_name_of_its_own_a_tag_a_summary_and_described_answers() {
    let mut names = BTreeSet::new();
    for (path, item) in ALL["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{at}: the name is taken");
            assert!(operation["tags"][0].is_string(), "{at}: no tag");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}: no summary");
            let who = operation["x-who-may"].as_array().unwrap().iter().map(|who| who.as_str().unwrap());
            let who = format!("**Who may:** {}.", who.collect::<Vec<_>>().join(", "));
            assert!(operation["description"].as_str().unwrap().ends_with(&who), "{at}: does not say who may");
            let tags = ALL["tags"].as_array().unwrap();
            assert!(tags.iter().any(|tag| tag["name"] == operation["tags"][0]), "{at}: its tag is not described");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let shared = response["$ref"].as_str().and_then(|to| ALL.pointer(to.strip_prefix('#')?));
                let response = shared.unwrap_or(response);
                let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(described, "{at}: {status} has no description");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    for contract in [&*ALL, &*PARTNER] {
        assert_eq!(contract["openapi"], "3.1.0");
        for part in ["schemas", "responses", "headers"] {
            let used: BTreeSet<String> = references(contract, part).into_iter().collect();
            let there: BTreeSet<String> = contract["components"][part].as_object().unwrap().keys().cloned().collect();
            assert_eq!(used, there, "{part}: what is used, and what is there");
        }
    }
}

/// A generator of clients names the type of a property that is described in place after its schema and the property. What
/// has a bound, or a list of words, gets a type.
#[test]
fn no_schema_has_the_name_that_a_client_gives_to_a_property() {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    for contract in [&*ALL, &*PARTNER] {
        let schemas = contract["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                let named = name.clone() + &field.split('_').map(capital).collect::<String>();
                for (described, named) in [(property, named.clone()), (&property["items"], named + "Item")] {
                    let is_typed = ["minLength", "maxLength", "pattern", "enum", "properties", "oneOf"]
                        .iter()
                        .any(|key| described.get(key).is_some_and(|told| !told.to_string().contains("null")));
                    assert!(!(is_typed && schemas.contains_key(&named)), "{name}.{field} and {named}");
                }
            }
        }
    }
}

#[test]
fn every_moment_says_by_which_clock_it_is_and_those_of_one_thing_are_by_one_clock() {
    let mut moments = 0;
    for (name, schema) in ALL["components"]["schemas"].as_object().unwrap() {
        let mut clocks = BTreeSet::new();
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            // A page shows the things that it lists, which say it themselves.
            if property["format"] != "date-time" {
                continue;
            }
            let text = property["description"].as_str().unwrap_or_default();
            let is_book = text.contains("the book's clock") || text.contains("its own clock");
            let is_wall = text.contains("by the wall clock") || text.contains("By the wall clock");
            assert!(is_book != is_wall, "{name}.{field} says of one clock that it is by it: {text:?}");
            clocks.insert(is_book);
            moments += 1;
        }
        // A job falls due by the book's clock, and workers look at the clock on the wall; an event has both moments. What is sent to
        // an endpoint is sent again by the book's clock, and its secrets end by that on the wall.
        let has_both = ["DeadJob", "Event", "WebhookDelivery", "WebhookEndpoint"].contains(&name.as_str());
        assert!(clocks.len() < 2 || has_both, "{name} mixes two clocks");
    }
    assert!(moments > 50, "{moments}");
}

#[test]
fn every_text_in_a_body_that_we_take_is_bounded() {
    for (name, schema) in ALL["components"]["schemas"].as_object().unwrap() {
        if !(name.starts_with("New") || name.ends_with("Request")) {
            continue;
        }
        for (field, shape) in schema["properties"].as_object().into_iter().flatten() {
            let is_text = shape["type"] == "string"
                || shape["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
            let bounded = ["maxLength", "enum", "format", "pattern"].iter().any(|bound| shape.get(bound).is_some());
            assert!(!is_text || bounded, "{name}.{field} has no bound");
        }
    }
}

#[test]
fn every_parameter_of_a_path_says_what_it_looks_like() {
    for (path, item) in ALL["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let schema = &parameter["schema"];
                let shaped = schema["type"] != "string" || schema["pattern"].is_string() || schema["enum"].is_array();
                let at = format!("{path}: {}", parameter["name"]);
                assert!(parameter["in"] != "path" || shaped, "{at} has no pattern; is it missing in ID_PREFIXES?");
            }
        }
    }
}

#[test]
fn the_partner_contract_holds_no_operation_of_people() {
    let paths = PARTNER["paths"].as_object().unwrap();
    assert!(paths.contains_key("/v1/oauth/token"));
    assert!(!paths.contains_key("/v1/me") && !paths.contains_key("/v1/sign-in"));
}

#[test]
fn the_public_contract_holds_what_needs_no_token_and_nothing_else() {
    let mut held = 0;
    for (path, item) in PUBLIC["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let row = who_may::TABLE.iter().find(|(m, p, _)| m.eq_ignore_ascii_case(method) && p == path).unwrap();
            assert!(row.2.is_open(), "{method} {path}");
            assert_eq!(operation, &ALL["paths"][path][method], "{method} {path} is said as in the whole contract");
            held += 1;
        }
    }
    assert_eq!(held, who_may::TABLE.iter().filter(|(_, _, access)| access.is_open()).count());
    assert!(PUBLIC.get("webhooks").is_none() && PUBLIC["components"].get("parameters").is_none());
}

/// The JSON schemas of what an operation answers when it succeeds, and null for an answer without a body.
fn success_bodies(operation: &Value) -> Vec<&Value> {
    let answers = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
    let mut bodies: Vec<&Value> = Vec::new();
    for body in answers.map(|(_, answer)| &answer["content"]["application/json"]["schema"]) {
        if !bodies.contains(&body) {
            bodies.push(body);
        }
    }
    bodies
}

#[test]
fn fl48_every_operation_has_one_success_body_whatever_its_parameters() {
    for (path, item) in ALL["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let bodies = success_bodies(operation);
            assert_eq!(bodies.len(), 1, "{method} {path}: {bodies:#?}");
            let is_choice = ["oneOf", "anyOf"].iter().any(|word| bodies[0].get(word).is_some());
            assert!(!is_choice, "{method} {path}: one of several bodies");
        }
    }
}

/// The words with which a description begins: `` `one`, `two` or `three` ``.
fn first_words(description: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = description;
    while let Some((word, after)) = rest.strip_prefix('`').and_then(|inside| inside.split_once('`')) {
        words.push(word);
        let next = [", or ", ", ", " or ", "; "].iter().find_map(|between| after.strip_prefix(between));
        rest = next.unwrap_or_default();
    }
    words
}

#[test]
fn every_field_that_is_one_of_a_few_words_lists_them() {
    let mut lists = 0;
    for (name, schema) in ALL["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
        for (field, shape) in parts.flat_map(|part| part["properties"].as_object().into_iter().flatten()) {
            let words = first_words(shape["description"].as_str().unwrap_or_default());
            let is_text = shape["type"] == "string" || shape["type"].as_array().is_some_and(|of| of[0] == "string");
            if !is_text || words.len() < 2 {
                continue;
            }
            let known = shape["enum"].as_array().unwrap_or_else(|| panic!("{name}.{field} is no enumeration"));
            for word in words {
                assert!(known.contains(&json!(word)), "{name}.{field}: {word} is not among {known:?}");
            }
            lists += 1;
        }
    }
    assert!(lists > 40, "{lists}");
}

/// The words that a source gives the states of a thing, in a function such as `as_str` of their enumeration.
fn words_of(file: &str, of: &str, function: &str) -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger/src");
    let source = std::fs::read_to_string(root.join(file)).unwrap();
    let (_, body) = source.split_once(&format!("impl {of} {{")).unwrap();
    let (_, body) = body.split_once(&format!("fn {function}")).unwrap();
    let (body, _) = body.split_once("\n    }\n").unwrap();
    body.lines().filter_map(|line| Some(line.split_once("=> \"")?.1.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn the_states_of_the_contract_are_those_of_the_code() {
    for (schema, file, of) in [
        ("Campaign", "pledging/rules/campaign.rs", "State"),
        ("Challenge", "challenges/rules/challenge_state.rs", "ChallengeState"),
        ("Charge", "pledging/rules/charge.rs", "State"),
        ("Claim", "milestones/rules/claim_state.rs", "ClaimState"),
        ("Dispute", "milestones/rules/dispute.rs", "DisputeState"),
        ("Distribution", "cooperatives/rules/distribution.rs", "DistributionState"),
        ("MatchingRound", "matching/rules/round_state.rs", "RoundState"),
        ("Milestone", "milestones/rules/milestone.rs", "MilestoneState"),
        ("Pledge", "pledging/rules/pledge.rs", "State"),
        ("Redemption", "cooperatives/rules/redemption.rs", "RedemptionState"),
        ("Refund", "pledging/rules/refund.rs", "State"),
        ("Submission", "challenges/rules/submission.rs", "SubmissionState"),
    ] {
        let (_, words) = words::STATES.iter().find(|(name, _)| *name == schema).unwrap();
        let mut found = words_of(file, of, "as_str");
        if schema == "Charge" {
            found.extend(words_of(file, schema, "word"));
        }
        assert_eq!(found, *words, "{schema}");
        assert_eq!(ALL["components"]["schemas"][schema]["properties"]["state"]["enum"], json!(words));
    }
    // A settlement has no machine: it is open until it is settled, or announced until then.
    assert_eq!(words::STATES.len(), 13);
}

/// Generators name the enumeration of a field after the field, beside the type of its schema.
#[test]
fn fl48_no_enumeration_of_a_field_has_the_name_of_its_schema() {
    for (name, schema) in ALL["components"]["schemas"].as_object().unwrap() {
        for (field, shape) in schema["properties"].as_object().into_iter().flatten() {
            let is_alike = field.replace('_', "").eq_ignore_ascii_case(name);
            assert!(!(is_alike && shape["enum"].is_array()), "{name}.{field}");
        }
    }
}

#[test]
fn every_page_refers_to_what_it_lists() {
    let pages = ALL["components"]["schemas"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("Page_"));
    let mut count = 0;
    for (name, page) in pages {
        let listed = format!("#/components/schemas/{}", name.strip_prefix("Page_").unwrap());
        assert_eq!(page["properties"]["items"]["items"], json!({"$ref": listed}), "{name}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn every_refusal_names_its_problems() {
    for contract in [&*ALL, &*PARTNER] {
        for (path, item) in contract["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let all = operation["responses"].as_object().unwrap();
                for (status, answer) in all.iter().filter(|(status, _)| status.as_str() >= "400") {
                    let shared = answer["$ref"].as_str().and_then(|to| contract.pointer(to.strip_prefix('#')?));
                    let content = &shared.unwrap_or(answer)["content"];
                    // What is not ready says itself what is wrong.
                    if path == "/readyz" && status == "503" {
                        continue;
                    }
                    let types =
                        &content["application/problem+json"]["schema"]["allOf"][1]["properties"]["type"]["enum"];
                    let types = types.as_array().unwrap_or_else(|| panic!("{method} {path} {status}"));
                    assert!(!types.is_empty(), "{method} {path} {status}: no problem has this status");
                    for code in types.iter().map(|code| code.as_str().unwrap().trim_start_matches("/problems/")) {
                        assert_eq!(crate::refusals::find(code).unwrap().status.to_string(), *status, "{code}");
                    }
                }
            }
        }
    }
}

#[test]
fn u5_the_tokens_of_the_sandbox_stand_where_a_token_is_asked_for() {
    use ledger::pledging::rules::sandbox_token::SandboxToken;
    for name in ["NewPledge", "ResumePledgeRequest"] {
        let token = &ALL["components"]["schemas"][name]["properties"]["token"];
        assert_eq!(token["x-sandbox-tokens"], json!(SandboxToken::ALL));
        for known in SandboxToken::ALL {
            assert!(token["description"].as_str().unwrap().contains(known.as_str()), "{name}: {known}");
        }
        token["example"].as_str().unwrap().parse::<SandboxToken>().unwrap();
    }
}

#[test]
fn u4_every_body_with_fields_has_an_example_that_fits_it() {
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for (path, item) in ALL["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{} {path}", method.to_uppercase());
            let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
            for media in content.values() {
                // Of a list, what its items are.
                let schema = media["schema"].get("items").unwrap_or(&media["schema"]);
                let shape = schema["$ref"].as_str().and_then(|to| ALL.pointer(to.strip_prefix('#')?));
                let has_fields = shape.unwrap_or(schema)["properties"].as_object().is_some_and(|of| !of.is_empty());
                assert_eq!(media.get("example").is_some(), has_fields, "{at}: an example of what has fields");
                if has_fields {
                    assert_eq!(violations(method, path, &media["example"]), [], "{at}");
                    shown.insert(at.clone());
                }
            }
        }
    }
    let written: BTreeSet<String> = examples::operations().cloned().collect();
    assert_eq!(written, shown, "examples of operations that there are");
}

#[test]
fn the_pledge_that_is_shown_restates_the_terms_of_the_campaign_that_is_shown() {
    use sha2::Digest as _;
    let example = |path: &str| &ALL["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"];
    let terms = example("/v1/campaigns")["terms"].as_str().unwrap();
    let digest = hex::encode(sha2::Sha256::digest(terms.as_bytes()));
    assert_eq!(example("/v1/campaigns/{id}/pledges")["terms_sha256"], json!(digest));
}

#[test]
fn partners_can_sign_in_with_every_scope_that_an_operation_asks_for() {
    let flow = &ALL["components"]["securitySchemes"]["partner"]["flows"]["clientCredentials"];
    assert_eq!(flow["tokenUrl"], "/v1/oauth/token");
    for (method, path, access) in who_may::TABLE {
        let Some(scope) = access.scope() else { continue };
        assert!(flow["scopes"][scope.as_str()].is_string(), "{scope}");
        let security = &ALL["paths"][path][method.to_lowercase()]["security"];
        assert!(security.as_array().unwrap().contains(&json!({"partner": [scope]})), "{method} {path}: {security}");
    }
}

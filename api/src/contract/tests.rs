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
        for name in references(contract) {
            assert!(contract["components"]["schemas"].get(&name).is_some(), "{name}");
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
        // A job falls due by the book's clock, and workers look at the clock on the wall.
        assert!(clocks.len() < 2 || name == "DeadJob", "{name} mixes two clocks");
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
                let shaped = schema["type"] != "string" || schema["pattern"].is_string();
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

//! What is refused, in the words people read.

use serde::Serialize;
use sync_runtime::typescript::{RouteTypes, TypeSink};
use ts_rs::TS;

use crate::shared::{CardKind, External, LaneId, Page, Pair, Point};
use crate::{board_move_card_server_v1 as move_card, shared, typescript};

mod billing {
    use super::{Serialize, TS};

    #[derive(Serialize, TS)]
    pub struct Card {
        number: String,
    }

    /// Names the shared type of the same name.
    #[derive(Serialize, TS)]
    pub struct Both {
        own: Card,
        shared: crate::shared::Card,
    }
}

#[derive(TS)]
struct Grid<const N: usize> {
    cells: [u8; N],
}

#[derive(Serialize, TS)]
struct Sized<const N: usize> {
    cells: Vec<u8>,
}

#[derive(Serialize, TS)]
#[ts(rename = "my-card")]
struct Hyphen {
    id: String,
}

#[derive(Serialize, TS)]
struct Record {
    id: String,
}

#[derive(Serialize, TS)]
struct InlineTuple {
    #[ts(inline)]
    pair: (u8, u8),
}

#[derive(Serialize, TS)]
struct HoldsInlineTuple {
    rows: Vec<InlineTuple>,
}

#[derive(Serialize, TS)]
#[ts(repr(enum))]
enum Level {
    Low = 1,
    High = 2,
}

#[derive(Serialize, TS)]
struct HasLevel {
    level: Level,
}

fn problems(fill: impl FnOnce(&mut RouteTypes)) -> String {
    let mut route = RouteTypes::new("board/moveCard", 1);
    fill(&mut route);
    match typescript(vec![route]).render() {
        Ok(text) => format!("no problem:\n{text}"),
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
    }
}

#[test]
fn what_travels_is_a_json_object() {
    insta::assert_snapshot!(problems(|route| {
        route
            .input::<LaneId>()
            .server_output::<Vec<shared::Card>>()
            .client_output::<Option<shared::Card>>()
            .server_stream::<u64>()
            .server_stream::<Point>()
            .server_stream::<CardKind>()
            .server_stream::<External>()
            .client_stream::<serde_json::Value>()
            .client_stream::<shared::Unit>()
            .client_stream::<Wrapper<LaneId>>();
    }), @r#"
    the input of `board/moveCard` v1, `LaneId`, is not a JSON object: in TypeScript it can be `string`. Wrap it in a struct with named fields
    the server output of `board/moveCard` v1, `Vec<Card>`, is not a JSON object: in TypeScript it can be `Array<Card>`. Wrap it in a struct with named fields
    the client output of `board/moveCard` v1, `Option<Card>`, is not a JSON object: in TypeScript it can be `null`. Wrap it in a struct with named fields
    the server stream of `board/moveCard` v1, `CardKind`, is not a JSON object: in TypeScript it can be `"task"`. Wrap it in a struct with named fields
    the server stream of `board/moveCard` v1, `External`, is not a JSON object: in TypeScript it can be `"Nobody"`. Wrap it in a struct with named fields
    the server stream of `board/moveCard` v1, `Point`, is not a JSON object: in TypeScript it can be `[number, number]`. Wrap it in a struct with named fields
    the server stream of `board/moveCard` v1, `u64`, is not a JSON object: in TypeScript it can be `number`. Wrap it in a struct with named fields
    the client stream of `board/moveCard` v1, `Unit`, is not a JSON object: in TypeScript it can be `null`. Wrap it in a struct with named fields
    the client stream of `board/moveCard` v1, `Value`, is not a JSON object: in TypeScript it can be `number`. Wrap it in a struct with named fields
    the client stream of `board/moveCard` v1, `Wrapper<LaneId>`, is not a JSON object: in TypeScript it can be `string`. Wrap it in a struct with named fields
    "#);
}

#[derive(Serialize, TS)]
struct Wrapper<T>(T);

#[test]
fn what_is_a_json_object_in_a_roundabout_way_is_one() {
    let outcome = problems(|route| {
        route
            .input::<Wrapper<Wrapper<shared::Card>>>()
            .server_output::<std::collections::HashMap<String, u8>>()
            .client_output::<Result<shared::Card, u8>>()
            .server_stream::<shared::Internal>()
            .server_stream::<shared::Untagged>()
            .server_stream::<shared::Adjacent>()
            .server_stream::<shared::Nothing>()
            .server_stream::<std::sync::Arc<shared::Tree>>();
    });
    assert!(outcome.starts_with("no problem"), "{outcome}");
}

#[derive(Serialize, TS)]
struct Task {
    status: String,
}

#[test]
fn an_output_leaves_the_field_of_its_envelope_alone() {
    insta::assert_snapshot!(problems(|route| {
        route
            .input::<Task>()
            .server_output::<Task>()
            .client_output::<Wrapper<Task>>();
    }), @"
    the server output of `board/moveCard` v1, `Task`, has a field `status`, which every output already has beside its own: give it another name
    the client output of `board/moveCard` v1, `Wrapper<Task>`, has a field `status`, which every output already has beside its own: give it another name
    ");
}

#[test]
fn a_stream_leaves_the_fields_of_deliveries_alone() {
    insta::assert_snapshot!(problems(|route| {
        route.server_stream::<Task>().client_stream::<Wrapper<Task>>();
    }), @"
    the server stream of `board/moveCard` v1, `Task`, has a field `status`, which every payload of a stream already has beside its own: give it another name
    the client stream of `board/moveCard` v1, `Wrapper<Task>`, has a field `status`, which every payload of a stream already has beside its own: give it another name
    ");
}

#[test]
fn two_types_of_one_name_are_both_named() {
    insta::assert_snapshot!(problems(|route| {
        route.input::<billing::Both>();
    }), @r#"`typescript::problems::billing::Card` and `typescript::shared::Card` would all be `Card` at the top level of the generated file: give all but one another name with `#[ts(rename = "...")]`"#);
    insta::assert_snapshot!(problems(|route| {
        route.input::<Grid<3>>().server_output::<Grid<4>>();
    }), @r#"`typescript::problems::Grid<3>` and `typescript::problems::Grid<4>` would all be `Grid` at the top level of the generated file: give all but one another name with `#[ts(rename = "...")]`"#);
}

#[test]
fn a_name_that_hides_another_in_its_namespace_is_refused() {
    insta::assert_snapshot!(problems(|route| {
        route.input::<move_card::clash::Both>();
    }), @r#"`typescript::board_move_card_server_v1::Card` and `typescript::shared::Card` would all be `Card` in `board_moveCard_server_v1`: give all but one another name with `#[ts(rename = "...")]`"#);
}

#[test]
fn a_payload_may_not_mix_two_types_of_one_name() {
    insta::assert_snapshot!(problems(|route| {
        route.input::<Pair<move_card::Card, shared::Card>>();
    }), @r#"`typescript::board_move_card_server_v1::Card` and `typescript::shared::Card` would all be `Card` in the input of `board/moveCard` v1: give all but one another name with `#[ts(rename = "...")]`"#);
}

#[test]
fn one_type_described_twice_alike_is_one_type() {
    let outcome = problems(|route| {
        route
            .input::<Sized<3>>()
            .server_output::<Sized<4>>()
            .client_output::<Page<Sized<5>>>();
    });
    assert_eq!(
        outcome
            .matches("type Sized = { cells: Array<number> };")
            .count(),
        1,
        "{outcome}"
    );
}

#[test]
fn a_name_that_typescript_does_not_allow_is_refused() {
    insta::assert_snapshot!(problems(|route| {
        route.input::<Hyphen>().server_output::<Record>();
    }), @r#"
    `typescript::problems::Record` would be called `Record` in TypeScript, which cannot be the name of a type there: choose another with `#[ts(rename = "...")]`
    `typescript::problems::Hyphen` would be called `my-card` in TypeScript, which cannot be the name of a type there: choose another with `#[ts(rename = "...")]`
    "#);
}

#[test]
fn what_ts_rs_cannot_describe_is_a_problem_and_no_panic() {
    insta::assert_snapshot!(problems(|route| {
        route.input::<HoldsInlineTuple>().server_output::<HasLevel>();
    }), @r#"
    `typescript::problems::InlineTuple` cannot be described in TypeScript: ts-rs says "tuple cannot be inlined!". Change the type, or say what it is with `#[ts(as = "...")]` or `#[ts(type = "...")]`
    `typescript::problems::Level` cannot be described in TypeScript: with `#[ts(repr(enum))]` it is an `enum`, which exists at run time and not only as a type. Change the type, or say what it is with `#[ts(as = "...")]` or `#[ts(type = "...")]`
    "#);
}

#[test]
fn a_route_has_one_input_and_one_place_in_the_list() {
    insta::assert_snapshot!(problems(|route| {
        route.input::<shared::Card>().input::<shared::Card>().input::<shared::Tree>();
    }), @r#"the input of `board/moveCard` v1 has 2 types, `typescript::shared::Card` and `typescript::shared::Tree`: a route has one"#);
    let twice = vec![
        RouteTypes::new("board/moveCard", 1),
        RouteTypes::new("board/moveCard", 1),
    ];
    insta::assert_snapshot!(typescript(twice).render().unwrap_err()[0].to_string(), @r#"`board/moveCard` v1 is registered more than once"#);
}

//! The reader says what the crates say that each do a part of it.

#![expect(dead_code, reason = "compared by their `Debug`")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::*;

#[derive(Debug, Deserialize)]
struct Order {
    customer: String,
    #[serde(default)]
    items: Vec<Item>,
    note: Option<Note>,
    pair: Option<(u8, Item)>,
    how: Option<How>,
    by_number: Option<BTreeMap<u32, Item>>,
    by_truth: Option<BTreeMap<bool, Item>>,
    by_id: Option<BTreeMap<Id, Item>>,
    by_how: Option<BTreeMap<Lane, i64>>,
    wide: Option<i128>,
    letter: Option<char>,
    nothing: Option<()>,
    any: Option<Value>,
    raw: Option<Box<RawValue>>,
    either: Option<Either>,
    tagged: Option<Tagged>,
    even: Option<Even>,
    #[serde(default)]
    evens: Vec<Even>,
    closed: Option<Closed>,
    bytes: Option<std::ffi::CString>,
}

#[derive(Debug, Deserialize)]
struct Item {
    count: u32,
}

#[derive(Debug, Deserialize)]
struct Note(Item);

#[derive(Debug, Deserialize)]
enum How {
    Now,
    At(Item),
    Between(u8, Item),
    Like { item: Item },
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Id(i64);

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Todo,
    Done,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Either {
    One(Item),
    Many(Vec<Item>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Tagged {
    Move { item: Item },
    Stop,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Even(u32);

impl TryFrom<u32> for Even {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number.is_multiple_of(2) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is odd"))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    item: Item,
}

#[derive(Debug, Deserialize)]
struct Open {
    id: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// What `serde_json`, `serde_ignored` and `serde_path_to_error` say, one after the other.
fn by_others<T: DeserializeOwned + fmt::Debug>(json: &str) -> String {
    let mut unknown = None;
    let mut note = |path: serde_ignored::Path<'_>| {
        unknown.get_or_insert_with(|| path.to_string());
    };
    let read: Result<T, _> =
        serde_ignored::deserialize(&mut serde_json::Deserializer::from_str(json), &mut note);
    match (read, unknown) {
        (Ok(value), None) => format!("{value:?}"),
        (Ok(_), Some(path)) => format!("unknown at {path}"),
        (Err(_), _) => {
            let json = &mut serde_json::Deserializer::from_str(json);
            let error = serde_path_to_error::deserialize::<_, T>(json).expect_err("it erred");
            said(error.inner(), &error.path().to_string())
        }
    }
}

fn by_the_reader<T: DeserializeOwned + fmt::Debug>(json: &str) -> String {
    match read_strictly::<T>(json) {
        Ok(value) => format!("{value:?}"),
        Err(Unfit::UnknownField(path)) => format!("unknown at {path}"),
        Err(Unfit::Shape { path, error }) => said(&error, &path),
    }
}

/// An error without the line and the column, which differ by one at a key.
fn said(error: &serde_json::Error, path: &str) -> String {
    let error = error.to_string();
    let reason = error
        .rfind(" at line ")
        .map_or(&*error, |line| &error[..line]);
    format!("{reason} at {path}")
}

/// Each field of an order, with what fits and what does not.
const FIELDS: [(&str, &[&str]); 19] = [
    (
        "items",
        &[
            r#"[{"count":1},{"count":2}]"#,
            "[[3]]",
            "{}",
            r#"[{"count":1},{"count":-1}]"#,
            r#"[{"count":1.5}]"#,
            r#"[{"count":1,"nope":[{}]}]"#,
            r#"[{"count":1,"count":2}]"#,
            "[1]",
            "[[]]",
            "[[1,2]]",
        ],
    ),
    (
        "note",
        &[
            r#"{"count":1}"#,
            "null",
            r#"{"count":""}"#,
            r#"{"count":1,"x":{"y":1}}"#,
        ],
    ),
    (
        "pair",
        &[
            r#"[1,{"count":1}]"#,
            r#"[300,{"count":1}]"#,
            "[1]",
            r#"[1,{"count":1},3]"#,
            r#"[1,{"count":1,"x":1}]"#,
            r#"[1,{"count":null}]"#,
        ],
    ),
    (
        "how",
        &[
            r#""Now""#,
            r#"{"At":{"count":1}}"#,
            r#"{"Between":[1,{"count":1}]}"#,
            r#"{"Like":{"item":{"count":1}}}"#,
            r#""Never""#,
            r#"{"Now":1}"#,
            r#"{"At":{"count":"a"}}"#,
            r#"{"At":{"count":1,"x":1}}"#,
            r#"{"Between":[1,{"count":true}]}"#,
            r#"{"Between":[1]}"#,
            r#"{"Like":{}}"#,
            r#"{"Like":{"item":{"count":1,"x":1}}}"#,
            r#"{"Like":{"item":{"count":[]}}}"#,
            r#"{"Never":1}"#,
            r#""At""#,
            "5",
            "{}",
            r#"{"Now":null,"At":1}"#,
        ],
    ),
    (
        "by_number",
        &[
            r#"{"7":{"count":1}}"#,
            r#"{"7":{"count":"1"}}"#,
            r#"{"7":{"count":1,"x":1}}"#,
            r#"{"4294967295":{"count":1}}"#,
            "[]",
        ],
    ),
    (
        "by_truth",
        &[
            r#"{"true":{"count":1},"false":{"count":2}}"#,
            r#"{"true":{"count":"1"}}"#,
        ],
    ),
    ("by_id", &[r#"{"-7":{"count":1}}"#]),
    ("by_how", &[r#"{"Todo":1,"Done":2}"#]),
    (
        "wide",
        &["170141183460469231731687303715884105727", "-5", "\"1\""],
    ),
    ("letter", &["\"ü\"", "\"ab\"", "1"]),
    ("nothing", &["null", "1"]),
    ("any", &["null", r#"{"a":[1,-1,1.5,true,null,"\u00e9\n"]}"#]),
    ("raw", &["null", r#"{"a" : [1, 2]}"#, "[1 ,2]", "\"x\""]),
    (
        "either",
        &[
            r#"{"count":1}"#,
            r#"[{"count":1}]"#,
            r#"{"count":"1"}"#,
            "5",
        ],
    ),
    (
        "tagged",
        &[
            r#"{"type":"stop"}"#,
            r#"{"type":"move","item":{"count":1}}"#,
            r#"{"type":"move","item":{"count":""}}"#,
            r#"{"type":"fly"}"#,
            "{}",
        ],
    ),
    ("evens", &["[2,4]", "[2,3]", "[2,-1]"]),
    ("even", &["2", "3", "-1", "\"2\""]),
    (
        "closed",
        &[
            r#"{"item":{"count":1}}"#,
            r#"{"item":{"count":1},"x":1}"#,
            r#"{"x":1}"#,
            "{}",
        ],
    ),
    ("bytes", &[r#""a""#, "[65,66]", "[65,0]", "[300]", "{}"]),
];

#[test]
fn the_reader_says_what_three_readers_said() {
    let same = |json: &str| {
        assert_eq!(
            by_the_reader::<Order>(json),
            by_others::<Order>(json),
            "{json}"
        );
    };
    for (field, values) in FIELDS {
        for value in values {
            same(&format!(r#"{{"customer":"ada","{field}":{value}}}"#));
            same(&format!(
                "{{\n  \"{field}\": {value},\n  \"customer\": \"ada\"\n}}"
            ));
        }
    }
    for json in [
        r#"{"customer":"ada"}"#,
        "{}",
        "[]",
        "5",
        "null",
        r#""x""#,
        r#"{"customer":5}"#,
        r#"{"customer":"ada","x":1}"#,
        r#"{"customer":"ada","":{"x":1},"y":2}"#,
        r#"{"customer":"\u00e9\t"}"#,
        r#"{"customer":"a","customer":"b"}"#,
        r#"{"cust\u006fmer":5}"#,
        r#"["ada",[],null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null]"#,
    ] {
        same(json);
        assert_eq!(
            by_the_reader::<Open>(json),
            by_others::<Open>(json),
            "{json}"
        );
        assert_eq!(by_the_reader::<How>(json), by_others::<How>(json), "{json}");
        assert_eq!(
            by_the_reader::<Even>(json),
            by_others::<Even>(json),
            "{json}"
        );
        assert_eq!(
            by_the_reader::<Value>(json),
            by_others::<Value>(json),
            "{json}"
        );
    }
    let (open, close) = ("[".repeat(200), "]".repeat(200));
    same(&format!(r#"{{"customer":"ada","any":{open}{close}}}"#));
}

#[test]
fn a_key_that_does_not_fit_is_named() {
    const NUMBER: &str = "invalid value: expected key to be a number in quotes";
    for (field, key, reason) in [
        ("by_number", "a", NUMBER),
        ("by_number", "7x", NUMBER),
        ("by_number", " 7", NUMBER),
        ("by_number", "7\\n", NUMBER),
        (
            "by_number",
            "-7",
            "invalid value: integer `-7`, expected u32",
        ),
        (
            "by_number",
            "4294967296",
            "invalid value: integer `4294967296`, expected u32",
        ),
        ("by_id", "", NUMBER),
        (
            "by_truth",
            "yes",
            "invalid type: string \"yes\", expected a boolean",
        ),
        (
            "by_how",
            "Never",
            "unknown variant `Never`, expected `Todo` or `Done`",
        ),
    ] {
        let json = format!(r#"{{"customer":"ada","{field}":{{"{key}":{{"count":1}}}}}}"#);
        let said = by_the_reader::<Order>(&json);
        assert!(said.starts_with(reason), "{json}: {said}");
        let key: String = serde_json::from_str(&format!("\"{key}\"")).expect("a text");
        assert!(
            said.ends_with(&format!(" at {field}.{key}")),
            "{json}: {said}"
        );
        assert!(serde_json::from_str::<Order>(&json).is_err(), "{json}");
    }
}

#[test]
fn a_misfit_is_named_by_keys_of_any_kind() {
    for (json, path) in [
        (r#"{"by_id":{"7":{"count":""}}}"#, "by_id.7.count"),
        (r#"{"by_how":{"Todo":""}}"#, "by_how.Todo"),
        (r#"{"wide":1.5}"#, "."),
    ] {
        let said = by_the_reader::<Order>(json);
        assert!(said.ends_with(&format!(" at {path}")), "{json}: {said}");
    }
}

#[test]
fn a_raw_value_and_one_of_any_shape_come_as_they_were_sent() {
    let json = r#"{"customer":"ada","raw":{"b" : 1.50, "a":[ ]},"any":{"b":[1,null]}}"#;
    let order = read_strictly::<Order>(json).expect("it fits");
    assert_eq!(
        order.raw.expect("it was sent").get(),
        r#"{"b" : 1.50, "a":[ ]}"#
    );
    assert_eq!(order.any, Some(serde_json::json!({ "b": [1, null] })));
    let open = read_strictly::<Open>(r#"{"id":"7","x":{"y":1}}"#).expect("it fits");
    assert_eq!(
        (open.id.as_str(), &open.rest["x"]),
        ("7", &serde_json::json!({ "y": 1 }))
    );
}

#[test]
fn read_leniently_an_unknown_field_is_passed_over() {
    let item: Item = read(r#"{"count":1,"x":{"y":[]}}"#).expect("it fits");
    assert_eq!(item.count, 1);
    assert!(read::<Item>(r#"{"x":1}"#).is_err());
}

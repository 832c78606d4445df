//! Inputs of handlers: what fits is what serde_json reads, and what it does not read does not fit.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sync_runtime::fuzzing::{self, ReadInput};

/// One of all that types are made of.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    customer: String,
    #[serde(default)]
    items: Vec<Item>,
    note: Option<Box<Order>>,
    pair: Option<(u8, Item)>,
    how: Option<How>,
    by_number: Option<BTreeMap<i16, Item>>,
    by_name: Option<BTreeMap<String, bool>>,
    letter: Option<char>,
    number: Option<f64>,
    wide: Option<i128>,
    any: Option<Value>,
    either: Option<Either>,
    tagged: Option<Tagged>,
    even: Option<Even>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Item {
    #[serde(alias = "n")]
    count: u32,
}

#[derive(Debug, PartialEq, Deserialize)]
enum How {
    Now,
    At(Item),
    Between(u8, Item),
    Like { item: Item },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    One(Item),
    Many(Vec<Item>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Tagged {
    Move { item: Item },
    Stop,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "u32")]
struct Even(u32);

impl TryFrom<u32> for Even {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        match number % 2 {
            0 => Ok(Self(number)),
            _ => Err(format!("{number} is odd")),
        }
    }
}

fuzz_target!(|json: &str| {
    let input = fuzzing::input::<Order>(json);
    // An input is part of an event that has been read as JSON.
    if serde_json::from_str::<&RawValue>(json).is_err() {
        return;
    }
    let by_serde = serde_json::from_str::<Order>(json);
    match (input, by_serde) {
        (ReadInput::Fits(order), by_serde) => assert_eq!(Some(order), by_serde.ok()),
        (ReadInput::UnknownField, by_serde) => assert!(by_serde.is_ok()),
        (ReadInput::DoesNotFit, by_serde) => assert!(by_serde.is_err()),
    }
});

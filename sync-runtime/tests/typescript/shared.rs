//! Types of no handler file: everything that ts-rs can say.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which lane a card is in.
#[derive(Serialize, Deserialize, TS)]
pub struct LaneId(pub String);

#[derive(Serialize, Deserialize, TS)]
pub struct UserId(pub String);

/// Made in files like `src/**/_sync/moveCard_server_v1.rs`,
/// and nowhere else.
///
/// See the [guide](https://example.com).
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Never reused.
    pub card_id: String,
    /// The matching `*/` of `/*` is
    /// on this line.
    pub lane_id: LaneId,
    pub r#type: CardKind,
    #[serde(rename = "due-date")]
    pub due_date: Option<i64>,
    #[serde(flatten)]
    pub audit: Audit,
}

#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    pub created_by: UserId,
    pub created_at: u64,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, TS)]
#[serde(rename_all = "camelCase")]
pub enum CardKind {
    Task,
    BugReport,
}

#[derive(Serialize, Deserialize, TS)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

#[derive(Serialize, Deserialize, TS)]
pub struct Pair<A, B = String> {
    pub one: A,
    pub other: B,
}

#[derive(Serialize, Deserialize, TS)]
pub struct Tree {
    pub label: String,
    pub children: Vec<Tree>,
    pub parent: Option<Box<Tree>>,
}

#[derive(Serialize, Deserialize, TS)]
pub struct Point(pub f64, pub f64);

#[derive(Serialize, Deserialize, TS)]
pub struct Nothing {}

#[derive(Serialize, Deserialize, TS)]
pub struct Unit;

/// Externally tagged, as serde does by default.
#[derive(Serialize, Deserialize, TS)]
pub enum External {
    Nobody,
    One(UserId),
    Two(UserId, UserId),
    Named { first: UserId, since: u32 },
}

#[derive(Serialize, Deserialize, TS)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Internal {
    CardMoved { card_id: String, to_lane: LaneId },
    CardMade(Card),
    Cleared,
}

#[derive(Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "value")]
pub enum Adjacent {
    At(Point),
    Gone,
}

#[derive(Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Untagged {
    ById { id: u32 },
    ByName { name: String },
}

/// Not all of TypeScript is read, and it need not be.
#[derive(Serialize, Deserialize, TS)]
pub struct Exotic {
    #[ts(type = "keyof Audit")]
    pub key: String,
    /// This one uses what the other one names.
    pub audit: Audit,
}

/// One field for each thing that is not a type of one's own.
#[derive(Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Everything {
    pub lanes: HashMap<String, Vec<Card>>,
    pub counts: BTreeMap<CardKind, u32>,
    pub tags: HashSet<String>,
    pub corner: [f32; 2],
    pub mixed: (u8, Option<LaneId>, Vec<(bool, char)>),
    pub boxed: Box<Tree>,
    pub text: Cow<'static, str>,
    pub result: Result<Card, String>,
    pub json: serde_json::Value,
    pub unit: (),
    pub nested: Page<Pair<Card, Page<UserId>>>,
    #[ts(inline)]
    pub inlined: Pair<LaneId>,
    #[ts(type = "`card-${string}`")]
    pub template: String,
    #[ts(as = "Option<String>")]
    pub disguised: u32,
    #[ts(optional)]
    pub maybe: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub often_empty: Vec<Point>,
    #[serde(skip)]
    pub hidden: u8,
    pub external: External,
    pub internal: Internal,
    pub adjacent: Adjacent,
    pub untagged: Untagged,
    pub exotic: Exotic,
    pub nothing: Nothing,
    pub unit_struct: Unit,
    #[serde(flatten)]
    pub rest: HashMap<String, serde_json::Value>,
}

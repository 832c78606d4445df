//! Handler files, and the same code as plain functions: both are put together of the same pieces.

use std::fmt::Write;

/// How an app says what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As handler files in `_sync` folders.
    Routes,
    /// As functions in modules, called from a table by name.
    Table,
    /// As functions in modules that nobody calls.
    Functions,
}

/// Routes of one page; a page is a folder.
const ON_A_PAGE: usize = 10;

/// What stands in a body so that it can be replaced by something else of the same meaning to all others.
const BODY: &str = "\"moved\"";

/// One route, or the functions that would have been one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handler(pub(super) usize);

/// A source file of an app.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

/// What an edit does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    /// Nothing.
    None,
    /// Another body, the same types.
    Body(usize),
    /// A field more in what it takes.
    Field(usize),
}

/// A fifth each of five kinds. They have what handlers of a board have: two to five fields, a list, an
/// enum, rules, errors, state, the session.
enum Kind {
    /// Takes and answers a few fields.
    Plain,
    /// Can fail, and uses the app's state.
    Failing,
    /// Has a `_client` file.
    Personal,
    /// Checks its input by rules, and can fail.
    Valid,
    /// Has types in its types.
    Nested,
}

impl Handler {
    pub(super) fn page(self) -> String {
        format!("page{}", self.0 / ON_A_PAGE)
    }

    fn route(self) -> String {
        format!("route{}", self.0)
    }

    fn kind(self) -> Kind {
        match self.0 % 5 {
            0 => Kind::Plain,
            1 => Kind::Failing,
            2 => Kind::Personal,
            3 => Kind::Valid,
            _ => Kind::Nested,
        }
    }

    fn has_errors(self) -> bool {
        matches!(self.kind(), Kind::Failing | Kind::Valid)
    }

    fn is_personal(self) -> bool {
        matches!(self.kind(), Kind::Personal)
    }

    /// Its files.
    pub(super) fn sources(self, style: Style, edit: Edit) -> Vec<Source> {
        let (page, route) = (self.page(), self.route());
        match style {
            Style::Routes => {
                let file = |half| format!("src/{page}/_sync/{route}_{half}_v1.rs");
                let mut sources = vec![Source {
                    path: file("server"),
                    text: self.server(style, edit),
                }];
                if self.is_personal() {
                    sources.push(Source {
                        path: file("client"),
                        text: self.client(style),
                    });
                }
                sources
            }
            Style::Table | Style::Functions => {
                let mut text = self.server(style, edit);
                if self.is_personal() {
                    let client = self.client(style);
                    _ = write!(text, "\n{client}");
                }
                vec![Source {
                    path: format!("src/{page}/{route}.rs"),
                    text,
                }]
            }
        }
    }

    /// Its lines in the table of functions: by name, what reads its input, calls it and writes what it
    /// answers; and the same for what each recipient gets.
    pub(super) fn in_table(self) -> (String, Option<String>) {
        let (page, route) = (self.page(), self.route());
        let function = format!("crate::{page}::{route}");
        let call = match self.kind() {
            Kind::Plain | Kind::Personal => {
                format!("write(&{function}::main(read(&call.data)?, &call.user).await)")
            }
            Kind::Nested => format!("write(&{function}::main(read(&call.data)?).await)"),
            Kind::Failing => format!(
                "{function}::main(read(&call.data)?, &call.user, &call.store).await\
                 .map_or_else(|error| Err(error.code()), |output| write(&output))"
            ),
            Kind::Valid => format!(
                "{function}::main(valid(&call.data)?, &call.user, &call.store).await\
                 .map_or_else(|error| Err(error.code()), |output| write(&output))"
            ),
        };
        let line = |call: &str| {
            format!("        \"{page}/{route}\" => |call| Box::pin(async move {{ {call} }}),\n")
        };
        let client = format!("write(&{function}::client(read(&call.data)?, &call.user).await)");
        (line(&call), self.is_personal().then(|| line(&client)))
    }

    /// A front end's use of it.
    pub(super) fn in_use(self) -> String {
        let number = self.0;
        let (page, route) = (self.page(), self.route());
        let data = match self.kind() {
            Kind::Nested => r#"{ cards: [{ id: "a", labels: [] }], lane: "doing" }"#,
            _ => r#"{ cardId: "a", toLane: "b", position: 1 }"#,
        };
        let answer = if self.has_errors() {
            format!(r#"answer.errorCode === "{page}.laneFull{number}" ? "full" : answer.message"#)
        } else {
            "answer.message".to_owned()
        };
        format!(
            r#"export async function ask{number}() {{
  const answer = await syncRequest({{ name: "{page}/{route}", version: "v1", receiver: "r", data: {data} }});
  return answer.status === "success" ? answer.result.note : {answer};
}}
export const hear{number} = (hear: (note: string) => void) =>
  upsertSyncEventCallback({{
    name: "{page}/{route}",
    version: "v1",
    callback: ({{ serverOutput }}) => serverOutput.status === "success" && hear(serverOutput.note),
  }});
"#
        )
    }

    fn server(self, style: Style, edit: Edit) -> String {
        let number = self.0;
        let is_route = style == Style::Routes;
        let mut text = String::new();
        let garde = if matches!(self.kind(), Kind::Valid) {
            "use garde::Validate;\n"
        } else {
            ""
        };
        let prelude = if is_route {
            "use sync_runtime::prelude::*;"
        } else {
            "use serde::{Deserialize, Serialize};\nuse ts_rs::TS;"
        };
        let app = match (self.kind(), style) {
            (Kind::Nested, _) => "",
            (Kind::Plain | Kind::Personal, _) => "use crate::User;\n\n",
            (_, Style::Routes) => "use crate::{Store, User};\n\n",
            (..) => "use crate::{Refused, Store, User};\n\n",
        };
        _ = write!(
            text,
            "//! Moves card {number}.\n\n{garde}{prelude}\n\n{app}"
        );
        text.push_str(&self.types(edit));
        if self.has_errors() {
            text.push_str(&self.errors(style));
        }
        if is_route {
            text.push_str("#[sync_handler(auth = login)]\n");
        }
        let (input, user, store) = match (style, matches!(self.kind(), Kind::Valid)) {
            (Style::Routes, false) => (
                format!("Input(input): Input<MoveCard{number}>"),
                "user: Session<User>",
                "State(store): State<Store>",
            ),
            (Style::Routes, true) => (
                format!("Valid(input): Valid<MoveCard{number}>"),
                "user: Session<User>",
                "State(store): State<Store>",
            ),
            _ => (
                format!("input: MoveCard{number}"),
                "user: &User",
                "store: &Store",
            ),
        };
        let parameters = match self.kind() {
            Kind::Plain | Kind::Personal => format!("{input}, {user}"),
            Kind::Failing | Kind::Valid => format!("{input}, {user}, {store}"),
            Kind::Nested => input,
        };
        let output = format!("CardMoved{number}");
        let answer = if self.has_errors() {
            format!("Result<{output}, MoveCard{number}Error>")
        } else {
            output
        };
        let body = self.body().replace("NUMBER", &number.to_string());
        let body = match edit {
            Edit::Body(times) => body.replace(BODY, &format!("\"moved {times} times\"")),
            _ => body,
        };
        _ = write!(
            text,
            "pub async fn main({parameters}) -> {answer} {{\n{body}}}\n"
        );
        text
    }

    fn types(self, edit: Edit) -> String {
        let number = self.0;
        let more = match edit {
            Edit::Field(times) => format!("    pub _field_{times}: Option<String>,\n"),
            _ => String::new(),
        };
        let (rule, validate) = match self.kind() {
            Kind::Valid => ("    #[garde(length(min = 1, max = 64))]\n", ", Validate"),
            _ => ("", ""),
        };
        let skip = if rule.is_empty() {
            ""
        } else {
            "    #[garde(skip)]\n"
        };
        let more = if more.is_empty() {
            more
        } else {
            format!("{skip}{more}")
        };
        let input = match self.kind() {
            Kind::Nested => format!(
                "    pub cards: Vec<Card{number}>,\n    pub lane: Lane{number},\n    pub note: Option<String>,\n"
            ),
            _ => format!(
                "{rule}    pub card_id: String,\n{rule}    pub to_lane: String,\n{skip}    pub position: u32,\n"
            ),
        };
        let nested = match self.kind() {
            Kind::Nested => format!(
                "#[derive(Serialize, Deserialize, TS)]\n#[serde(rename_all = \"camelCase\")]\npub struct Card{number} {{\n    \
                 pub id: String,\n    pub labels: Vec<String>,\n}}\n\n\
                 #[derive(Serialize, Deserialize, TS)]\n#[serde(rename_all = \"camelCase\")]\npub enum Lane{number} {{\n    \
                 Backlog,\n    Doing,\n    Done,\n}}\n\n"
            ),
            _ => String::new(),
        };
        let output = match self.kind() {
            Kind::Nested => format!(
                "    pub cards: Vec<Card{number}>,\n    pub lane: Lane{number},\n    pub note: String,\n"
            ),
            _ => "    pub card_id: String,\n    pub to_lane: String,\n    pub position: u32,\n    pub moved_by: String,\n    pub note: String,\n"
                .to_owned(),
        };
        // What a `_client` function takes is read from what was said to all.
        let (clone, read) = if self.is_personal() {
            ("Clone, ", "Deserialize, ")
        } else {
            ("", "")
        };
        format!(
            "{nested}#[derive({clone}Deserialize, TS{validate})]\n#[serde(rename_all = \"camelCase\", deny_unknown_fields)]\n\
             pub struct MoveCard{number} {{\n{input}{more}}}\n\n\
             #[derive({clone}Serialize, {read}TS)]\n#[serde(rename_all = \"camelCase\")]\npub struct CardMoved{number} {{\n{output}}}\n\n"
        )
    }

    fn errors(self, style: Style) -> String {
        let number = self.0;
        let page = self.page();
        let code = |code: &str| format!("{page}.{code}{number}");
        let (missing, full) = (code("cardNotFound"), code("laneFull"));
        if style == Style::Routes {
            return format!(
                "#[derive(Debug, SyncError)]\npub enum MoveCard{number}Error {{\n    \
                 #[sync_error(code = \"{missing}\", status = 404)]\n    CardNotFound,\n    \
                 #[sync_error(code = \"{full}\", status = 409)]\n    LaneFull,\n}}\n\n"
            );
        }
        format!(
            "#[derive(Debug)]\npub enum MoveCard{number}Error {{\n    CardNotFound,\n    LaneFull,\n}}\n\n\
             impl MoveCard{number}Error {{\n    pub fn code(&self) -> Refused {{\n        match self {{\n            \
             Self::CardNotFound => (\"{missing}\", 404),\n            Self::LaneFull => (\"{full}\", 409),\n        }}\n    }}\n}}\n\n"
        )
    }

    fn body(self) -> &'static str {
        match self.kind() {
            Kind::Plain | Kind::Personal => {
                "    let note = format!(\"{} {} to {}\", input.card_id, \"moved\", input.to_lane);
    CardMovedNUMBER {
        card_id: input.card_id,
        to_lane: input.to_lane,
        position: input.position.saturating_add(1),
        moved_by: user.id.clone(),
        note,
    }
"
            }
            Kind::Failing | Kind::Valid => {
                "    if !store.contains(&input.card_id).await {
        return Err(MoveCardNUMBERError::CardNotFound);
    }
    let lane = store.lane(&input.to_lane).await;
    if lane.len() > 100 {
        return Err(MoveCardNUMBERError::LaneFull);
    }
    let others: Vec<&str> = lane.iter().map(String::as_str).filter(|card| *card != input.card_id).collect();
    let note = format!(\"{} {} between {}\", input.card_id, \"moved\", others.join(\", \"));
    store.put(&input.card_id, &input.to_lane).await;
    Ok(CardMovedNUMBER {
        card_id: input.card_id,
        to_lane: input.to_lane,
        position: input.position,
        moved_by: user.id.clone(),
        note,
    })
"
            }
            Kind::Nested => {
                "    let mut cards = input.cards;
    cards.retain(|card| !card.id.is_empty());
    cards.sort_by(|a, b| a.id.cmp(&b.id));
    let labels: usize = cards.iter().map(|card| card.labels.len()).sum();
    let note = input.note.unwrap_or_else(|| format!(\"{labels} labels {}\", \"moved\"));
    CardMovedNUMBER { cards, lane: input.lane, note }
"
            }
        }
    }

    /// What each recipient gets, as a `_client` file or as one more function.
    fn client(self, style: Style) -> String {
        let number = self.0;
        let (page, route) = (self.page(), self.route());
        let (head, signature) = if style == Style::Routes {
            (
                format!(
                    "//! Shows card {number}.\n\nuse sync_runtime::prelude::*;\n\nuse crate::{{User, {page}_{route}_server_v1::CardMoved{number}}};\n\n"
                ),
                format!(
                    "#[sync_handler]\npub async fn main(moved: ServerOutput<CardMoved{number}>, recipient: Recipient<User>)"
                ),
            )
        } else {
            (
                String::new(),
                format!("pub async fn client(moved: CardMoved{number}, recipient: &User)"),
            )
        };
        format!(
            "{head}#[derive(Serialize, TS)]\n#[serde(rename_all = \"camelCase\")]\npub struct CardShown{number} {{\n    \
             pub mine: bool,\n    pub title: String,\n}}\n\n{signature} -> CardShown{number} {{\n    \
             CardShown{number} {{\n        mine: moved.moved_by == recipient.id,\n        \
             title: format!(\"{{}} at {{}}\", moved.card_id, moved.position),\n    }}\n}}\n"
        )
    }
}

//! `history` and `history(count = ..., age = ...)`

use syn::{
    Ident, LitInt, LitStr, Token, parenthesized,
    parse::{Parse, ParseStream},
    token::Paren,
};

use super::{limits::milliseconds, value};

const TAKES: &str =
    "`history` stands alone, or says how much is kept: `history(count = 1000, age = \"1h\")`";
const COUNT_TAKES: &str = "`count` takes a number of at least 1: `count = 1000`";
const AGE_TAKES: &str = "`age` takes a time with its unit: `\"1h\"`, `\"10min\"`, `\"7d\"`";
const KNOWN: &str = "`history` takes: `count`, `age`";

/// How much of a route's deliveries is kept, as far as the route says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct History {
    pub(crate) count: Option<u32>,
    /// In milliseconds.
    pub(crate) age: Option<u64>,
}

impl History {
    /// Parses what follows the word `history`.
    pub(super) fn parse(input: ParseStream<'_>, key: &Ident) -> syn::Result<Self> {
        if !input.peek(Paren) {
            let stands_alone = input.is_empty() || input.peek(Token![,]);
            return if stands_alone {
                Ok(Self::default())
            } else {
                Err(syn::Error::new(key.span(), TAKES))
            };
        }
        let inside;
        parenthesized!(inside in input);
        if inside.is_empty() {
            return Err(syn::Error::new(key.span(), TAKES));
        }
        let (mut count, mut age) = (None, None);
        while !inside.is_empty() {
            let key: Ident = inside.parse()?;
            match key.to_string().as_str() {
                "count" => value(&inside, &key, COUNT_TAKES, &mut count)?,
                "age" => value(&inside, &key, AGE_TAKES, &mut age)?,
                _ => {
                    let message = format!("unknown argument `{key}`; {KNOWN}");
                    return Err(syn::Error::new(key.span(), message));
                }
            }
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(Self {
            count: count.map(|Count(count)| count),
            age: age.map(|Age(milliseconds)| milliseconds),
        })
    }
}

struct Count(u32);

impl Parse for Count {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let refused = || syn::Error::new(span, COUNT_TAKES);
        let number: LitInt = input.parse().map_err(|_| refused())?;
        let count = number.base10_parse().ok().filter(|count| *count > 0);
        count.map(Self).ok_or_else(refused)
    }
}

struct Age(u64);

impl Parse for Age {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const HOUR: u64 = 60 * 60 * 1000;
        let span = input.span();
        let refused = || syn::Error::new(span, AGE_TAKES);
        let text: LitStr = input.parse().map_err(|_| refused())?;
        let units = [
            ("s", 1000),
            ("min", 60 * 1000),
            ("h", HOUR),
            ("d", 24 * HOUR),
        ];
        let milliseconds = milliseconds(&text.value(), &units).ok_or_else(refused)?;
        Ok(Self(milliseconds))
    }
}

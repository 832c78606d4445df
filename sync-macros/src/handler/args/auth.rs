//! `auth = ...`

use syn::{
    Ident, Path, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token::Paren,
};

pub(super) const TAKES: &str =
    "`auth` takes `none`, `login`, or `login(predicate, ...)` with functions that decide";

/// Who may use the route.
pub(crate) enum Auth {
    None,
    Login { predicates: Vec<Path> },
}

impl Parse for Auth {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = match input.parse() {
            Ok(word) => word,
            Err(error) => return Err(syn::Error::new(error.span(), TAKES)),
        };
        let has_list = input.peek(Paren);
        match word.to_string().as_str() {
            "none" if !has_list => Ok(Self::None),
            "login" if !has_list => Ok(Self::Login {
                predicates: Vec::new(),
            }),
            "login" => {
                let list;
                parenthesized!(list in input);
                let predicates = Punctuated::<Path, Token![,]>::parse_terminated(&list)?;
                if predicates.is_empty() {
                    return Err(syn::Error::new(
                        word.span(),
                        "`login()` names no predicate: write `login`, or name the functions that decide",
                    ));
                }
                Ok(Self::Login {
                    predicates: predicates.into_iter().collect(),
                })
            }
            _ => Err(syn::Error::new(word.span(), TAKES)),
        }
    }
}

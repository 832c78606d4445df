use std::path::Path;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ItemFn, parse_quote};

use super::{
    Kind,
    args::{Auth, History, OnDisconnect, RateLimit, ServerArgs, Timeout},
    expand,
};

/// What an expansion says to the developer, in the words of its `compile_error!`s.
fn errors_of(expansion: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(expansion).expect("the expansion is Rust");
    let said = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
            let text: syn::LitStr = item.mac.parse_body().ok()?;
            Some(text.value())
        }
        _ => None,
    });
    said.collect()
}

fn formatted(expansion: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).expect("the expansion is Rust"))
}

mod arguments {
    use super::*;

    fn parse(tokens: TokenStream) -> Result<ServerArgs, String> {
        ServerArgs::parse(tokens, Span::call_site()).map_err(|error| error.to_string())
    }

    fn refused(tokens: TokenStream) -> String {
        let tried = tokens.to_string();
        match parse(tokens) {
            Ok(_) => panic!("`{tried}` was taken"),
            Err(error) => error,
        }
    }

    #[test]
    fn say_who_may_use_the_route() {
        let auth = |tokens| parse(tokens).map(|args| args.auth);
        assert!(matches!(auth(quote!(auth = none)), Ok(Auth::None)));
        assert!(matches!(
            auth(quote!(auth = login,)),
            Ok(Auth::Login { predicates }) if predicates.is_empty()
        ));
        assert!(matches!(
            auth(quote!(auth = login(is_admin, crate::boards::is_member,))),
            Ok(Auth::Login { predicates }) if predicates.len() == 2
        ));
    }

    #[test]
    fn are_refused_where_auth_is_missing_or_unclear() {
        assert!(refused(quote!()).starts_with("say who may use this route"));
        assert!(refused(quote!(timeout = "1s")).starts_with("say who may use this route"));
        for unclear in [
            quote!(auth),
            quote!(auth = admin),
            quote!(auth = "login"),
            quote!(auth = none(is_admin)),
            quote!(auth(login)),
        ] {
            assert!(refused(unclear).starts_with("`auth` takes `none`"));
        }
        assert!(refused(quote!(auth = login())).contains("names no predicate"));
    }

    #[test]
    fn are_known_and_given_once() {
        let unknown = refused(quote!(auth = login, cache = true));
        assert_eq!(
            unknown,
            "unknown argument `cache`; `#[sync_handler]` takes: `auth`, `rate_limit`, `timeout`, `history`, `on_disconnect`, `replay`"
        );
        assert_eq!(
            refused(quote!(auth = login, auth = none)),
            "`auth` is given twice"
        );
        assert_eq!(
            refused(quote!(auth = login, timeout = "1s", timeout = "2s")),
            "`timeout` is given twice"
        );
    }

    #[test]
    fn say_what_becomes_of_streams() {
        let streams =
            |tokens| parse(tokens).map(|args| (args.on_disconnect, args.replay.is_some()));
        assert_eq!(streams(quote!(auth = none)), Ok((None, false)));
        assert_eq!(
            streams(quote!(auth = none, on_disconnect = finish, replay)),
            Ok((Some(OnDisconnect::Finish), true))
        );
        assert_eq!(
            streams(quote!(replay, auth = none, on_disconnect = cancel)),
            Ok((Some(OnDisconnect::Cancel), true))
        );
        for unclear in [
            quote!(auth = none, on_disconnect),
            quote!(auth = none, on_disconnect = "finish"),
            quote!(auth = none, on_disconnect = go_on),
        ] {
            assert!(refused(unclear).starts_with("`on_disconnect` takes `cancel`"));
        }
        assert!(refused(quote!(auth = none, replay = true)).starts_with("`replay` takes no value"));
        assert_eq!(
            refused(quote!(auth = none, replay, replay)),
            "`replay` is given twice"
        );
    }

    #[test]
    fn read_a_rate_and_a_time_with_their_units() {
        let limits = |tokens| parse(tokens).map(|args| (args.rate_limit, args.timeout));
        let rate = |count, seconds| Some(RateLimit::Limited { count, seconds });
        let time = |milliseconds| Some(Timeout { milliseconds });
        for (tokens, expected) in [
            (quote!(auth = none), (None, None)),
            (
                quote!(auth = none, rate_limit = "5/s", timeout = "2min"),
                (rate(5, 1), time(120_000)),
            ),
            (
                quote!(rate_limit = "60/min", timeout = "30s", auth = none),
                (rate(60, 60), time(30_000)),
            ),
            (
                quote!(auth = none, rate_limit = "1000 / h", timeout = "500 ms"),
                (rate(1000, 3600), time(500)),
            ),
            (
                quote!(auth = none, rate_limit = off),
                (Some(RateLimit::Off), None),
            ),
        ] {
            assert_eq!(limits(tokens), Ok(expected));
        }
    }

    #[test]
    fn say_what_a_rate_or_a_time_takes() {
        for tokens in [
            quote!(auth = none, rate_limit = 60),
            quote!(auth = none, rate_limit = on),
            quote!(auth = none, rate_limit = "0/s"),
            quote!(auth = none, rate_limit = "-1/s"),
            quote!(auth = none, rate_limit = "60 per minute"),
            quote!(auth = none, rate_limit),
        ] {
            assert!(refused(tokens).starts_with("`rate_limit` takes `off`"));
        }
        for tokens in [
            quote!(auth = none, timeout = 30),
            quote!(auth = none, timeout = off),
            quote!(auth = none, timeout = "30"),
            quote!(auth = none, timeout = "0s"),
            quote!(auth = none, timeout = "-1s"),
            quote!(auth = none, timeout = "1.5s"),
            quote!(auth = none, timeout = "99999999999999999999s"),
            quote!(auth = none, timeout = "18446744073709551615min"),
        ] {
            assert!(refused(tokens).starts_with("`timeout` takes a time"));
        }
    }

    #[test]
    fn read_how_much_history_is_kept() {
        let history = |tokens| parse(tokens).map(|args| args.history);
        let kept = |count, age| Some(History { count, age });
        for (tokens, expected) in [
            (quote!(auth = none), None),
            (quote!(auth = none, history), kept(None, None)),
            (quote!(history, auth = none), kept(None, None)),
            (
                quote!(auth = none, history(count = 1000, age = "1h")),
                kept(Some(1000), Some(3_600_000)),
            ),
            (
                quote!(auth = none, history(age = "10 min",), timeout = "1s"),
                kept(None, Some(600_000)),
            ),
            (
                quote!(auth = none, history(count = 1_000)),
                kept(Some(1000), None),
            ),
        ] {
            assert_eq!(history(tokens), Ok(expected));
        }
    }

    #[test]
    fn say_what_history_takes() {
        for tokens in [
            quote!(auth = none, history = true),
            quote!(auth = none, history()),
            quote!(auth = none, history "1h"),
        ] {
            assert!(refused(tokens).starts_with("`history` stands alone, or says"));
        }
        for tokens in [
            quote!(auth = none, history(count)),
            quote!(auth = none, history(count = "1000")),
            quote!(auth = none, history(count = 0)),
            quote!(auth = none, history(count = -1)),
            quote!(auth = none, history(count = 99999999999)),
        ] {
            assert!(refused(tokens).starts_with("`count` takes a number"));
        }
        for tokens in [
            quote!(auth = none, history(age = 60)),
            quote!(auth = none, history(age = "0s")),
            quote!(auth = none, history(age = "1 week")),
        ] {
            assert!(refused(tokens).starts_with("`age` takes a time"));
        }
        assert_eq!(
            refused(quote!(auth = none, history(entries = 7))),
            "unknown argument `entries`; `history` takes: `count`, `age`"
        );
        assert_eq!(
            refused(quote!(auth = none, history, history)),
            "`history` is given twice"
        );
        assert_eq!(
            refused(quote!(auth = none, history(count = 1, count = 2))),
            "`count` is given twice"
        );
    }
}

mod kinds {
    use super::*;

    #[test]
    fn are_said_by_the_files_name() {
        let kind = |file| Kind::of_file(Path::new(file));
        assert_eq!(
            kind("src/board/_sync/moveCard_server_v1.rs"),
            Some(Kind::Server)
        );
        assert_eq!(
            kind("src/board/_sync/moveCard_client_v12.rs"),
            Some(Kind::Client)
        );
        assert_eq!(kind("a_server_client_v1.rs"), Some(Kind::Client));
        for other in [
            "src/main.rs",
            "server_v1.rs",
            "moveCard_server.rs",
            "moveCard_server_v.rs",
            "moveCard_server_vx.rs",
            "moveCard_worker_v1.rs",
            "",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn are_guessed_where_the_files_name_is_not_to_be_had() {
        let guess = |args: TokenStream, function: ItemFn| Kind::guess(&args, &function.sig);
        assert_eq!(
            guess(
                quote!(),
                parse_quote!(
                    pub async fn main(card: ServerOutput<CardShown>) {}
                )
            ),
            Kind::Client
        );
        assert_eq!(
            guess(
                quote!(),
                parse_quote!(
                    pub async fn main(to: sync_runtime::Recipient<User>) {}
                )
            ),
            Kind::Client
        );
        assert_eq!(
            guess(
                quote!(),
                parse_quote!(
                    pub async fn main(to: Option<Recipient<User>>) {}
                )
            ),
            Kind::Client
        );
        assert_eq!(
            guess(
                quote!(auth = login),
                parse_quote!(
                    pub async fn main(to: Recipient<User>) {}
                )
            ),
            Kind::Server
        );
        assert_eq!(
            guess(
                quote!(),
                parse_quote!(
                    pub async fn main() {}
                )
            ),
            Kind::Server
        );
    }
}

mod mistakes {
    use super::*;

    fn in_server_file(args: TokenStream, item: TokenStream) -> Vec<String> {
        errors_of(expand(Some(Kind::Server), args, item))
    }

    #[test]
    fn of_the_arguments_and_of_the_function_are_reported_together() {
        let errors = in_server_file(
            quote!(),
            quote!(
                pub async fn main(a: impl Sized, b: impl Sized) -> Result<A> {}
            ),
        );
        assert_eq!(errors.len(), 4, "{errors:?}");
    }

    #[test]
    fn leave_the_function_and_something_that_stands_for_the_handler() {
        for kind in [Kind::Server, Kind::Client] {
            let expansion = expand(
                Some(kind),
                quote!(),
                quote!(
                    pub async fn move_card() {}
                ),
            );
            let expansion = formatted(expansion);
            assert!(expansion.contains("pub async fn move_card() {}"));
            assert!(expansion.contains("for __SyncHandler {"));
        }
    }

    #[test]
    fn in_the_body_are_the_compilers_to_report() {
        let item = quote!(
            pub async fn main() {
                let unfinished =
            }
        );
        let expansion = expand(Some(Kind::Server), quote!(auth = none), item);
        let expansion = expansion.to_string();
        assert!(expansion.contains("let unfinished ="), "{expansion}");
        assert!(!expansion.contains("compile_error"), "{expansion}");
    }

    #[test]
    fn of_a_self_parameter_are_the_compilers_to_report() {
        let item = quote!(
            pub async fn main(&self) {}
        );
        let expansion = expand(Some(Kind::Server), quote!(auth = none), item).to_string();
        assert!(!expansion.contains("compile_error"), "{expansion}");
        assert!(
            expansion.contains("for __SyncHandler {"),
            "no stand-in: {expansion}"
        );
    }
}

mod expansions {
    use super::*;

    #[test]
    fn a_server_file_reads_like_this() {
        let args = quote!(
            auth = login(is_member),
            rate_limit = "60/min",
            timeout = "30s",
            history(count = 500, age = "1h")
        );
        let item = quote! {
            /// Moves a card.
            pub async fn main(
                Valid(input): Valid<MoveCard>,
                user: Session<User>,
            ) -> Result<CardMoved, MoveCardError> {
                move_card(input, user).await
            }
        };
        insta::assert_snapshot!(formatted(expand(Some(Kind::Server), args, item)));
    }

    #[test]
    fn a_server_file_without_anything_reads_like_this() {
        let item = quote!(
            pub async fn main() {}
        );
        insta::assert_snapshot!(formatted(expand(
            Some(Kind::Server),
            quote!(auth = none, rate_limit = off),
            item
        )));
    }

    #[test]
    fn a_client_file_reads_like_this() {
        let item = quote! {
            pub async fn main(
                card: ServerOutput<CardShown>,
                recipient: Recipient<User>,
            ) -> Result<Deliver<CardForRecipient>, ShowCardError> {
                show(card, recipient).await
            }
        };
        insta::assert_snapshot!(formatted(expand(Some(Kind::Client), quote!(), item)));
    }

    #[test]
    fn a_mistaken_server_file_reads_like_this() {
        let item = quote!(
            pub async fn main() {}
        );
        insta::assert_snapshot!(formatted(expand(Some(Kind::Server), quote!(), item)));
    }

    #[test]
    fn a_mistaken_client_file_reads_like_this() {
        let item = quote!(
            pub async fn main() -> Vec<u8> {}
        );
        insta::assert_snapshot!(formatted(expand(Some(Kind::Client), quote!(), item)));
    }
}

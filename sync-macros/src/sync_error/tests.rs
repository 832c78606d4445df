use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::{derive, expand};

fn errors_of(item: TokenStream) -> Vec<String> {
    let input: DeriveInput = syn::parse2(item).expect("an item");
    match derive(&input) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

#[test]
fn every_variant_without_a_code_is_reported() {
    let errors = errors_of(quote!(
        enum E {
            A,
            #[sync_error(code = "a.b")]
            B,
            C,
        }
    ));
    assert_eq!(errors.len(), 2);
    assert!(errors[0].contains("give this variant a code"), "{errors:?}");
}

#[test]
fn a_mistake_in_an_attribute_says_what_to_write() {
    for (item, said) in [
        (
            quote!(
                struct S;
            ),
            "belongs on an enum",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(code = "sync.mine")]
                    A,
                }
            ),
            "the framework's own",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(code = "a..b")]
                    A,
                }
            ),
            "joined by dots",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(code = "a", status = 200)]
                    A,
                }
            ),
            "between 400 and 599",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(kode = "a")]
                    A,
                }
            ),
            "`#[sync_error]` takes: `code`",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(code = "a")]
                    A(u32),
                }
            ),
            "name the fields",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(internal, status = 500)]
                    A,
                }
            ),
            "clients hear",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(code = "a", from)]
                    A,
                }
            ),
            "`from` goes with `internal`",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(internal, from)]
                    A,
                }
            ),
            "holds one value",
        ),
    ] {
        let errors = errors_of(item.clone());
        assert_eq!(errors.len(), 1, "{item}: {errors:?}");
        assert!(errors[0].contains(said), "{item}: {errors:?}");
    }
}

#[test]
fn the_braces_of_a_message_name_fields_of_the_variant() {
    for (item, said) in [
        (
            quote!(
                enum E {
                    #[sync_error(code = "a", message = "At most {most}.")]
                    A { max: u32, min: u32 },
                }
            ),
            "`{most}` names no field of this variant: there is `{max}`, `{min}`",
        ),
        (
            quote!(
                enum E {
                    /// Between {min} and {most}.
                    #[sync_error(code = "a")]
                    A { max: u32, min: u32 },
                }
            ),
            "`{most}` names no field of this variant: there is `{max}`, `{min}`",
        ),
        (
            quote!(
                enum E {
                    #[sync_error(code = "a", message = "At most {}.")]
                    A,
                }
            ),
            "`{}` names no field of this variant: it has none",
        ),
    ] {
        assert_eq!(errors_of(item), [said]);
    }
    let formatted = quote!(
        enum E {
            #[sync_error(code = "a", message = "{{most}} {max:>3} {max}")]
            A { max: u32 },
        }
    );
    assert!(errors_of(formatted).is_empty());
}

#[test]
fn a_mistaken_enum_converts_as_it_would_without_the_mistake() {
    let expansion = expand(quote!(
        enum E {
            A,
            #[sync_error(internal, from)]
            B(Cause),
        }
    ));
    let expansion = expansion.to_string();
    for said in [
        "compile_error",
        "SyncError for E",
        "From < Cause > for E",
        "From < E > for",
    ] {
        assert!(expansion.contains(said), "no `{said}` in {expansion}");
    }
}

#[test]
fn variants_with_one_code_have_one_status() {
    let statuses = |first, second| {
        errors_of(quote!(
            enum E {
                #[sync_error(code = "a" #first)]
                A,
                #[sync_error(internal)]
                Between,
                #[sync_error(code = "a" #second)]
                B,
            }
        ))
    };
    assert_eq!(
        statuses(quote!(), quote!(, status = 404)),
        [
            "`a` has the status 400 at `A`, and 404 here: give both variants one status, or each its own code"
        ]
    );
    assert!(statuses(quote!(, status = 404), quote!(, status = 404)).is_empty());
    assert!(statuses(quote!(), quote!(, status = 400)).is_empty());
}

#[test]
fn an_enum_reads_like_this() {
    let item = quote! {
        #[derive(Debug)]
        pub enum MoveCardError {
            /// The card is gone.
            #[sync_error(code = "board.cardNotFound", status = 404)]
            CardNotFound,
            /// There are only
            /// {options} options.
            ///
            /// Of this paragraph people hear nothing.
            #[sync_error(code = "board.noSuchOption", status = 404)]
            NoSuchOption { options: u32 },
            /**
             * A `{}` is
             * no field.
             */
            #[sync_error(code = "board.braces")]
            Braces,
            #[sync_error(code = "board.laneFull", message = "At most {max_cards} cards fit.")]
            LaneFull { max_cards: u32 },
            #[sync_error(code = "board.locked")]
            Locked,
            #[sync_error(internal, from)]
            Database(sqlx::Error),
            #[sync_error(internal)]
            Unexplained,
        }
    };
    let expansion = syn::parse2(expand(item)).expect("the expansion is Rust");
    insta::assert_snapshot!(prettyplease::unparse(&expansion));
}

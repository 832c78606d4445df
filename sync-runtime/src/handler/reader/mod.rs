//! Reads inputs: what fits, where something does not, and which field nobody asked for, all at once.
//!
//! What is generic over an app's types is compiled again for each of them, and again whenever one of them
//! changes. So `serde_json` and all that watches it are behind trait objects in [`source`], and for each
//! type there is this thin [`Reader`] alone. `erased_serde` does the same for any deserializer, with a table of
//! 27 functions for each visitor: measured, that is as much code as three readers one beside the other.

mod key;
mod place;
mod source;
#[cfg(test)]
mod tests;

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    },
};
use serde_json::Error;

use key::Key;
use place::{At, Noticed};
use source::{Ask, Choice, Elements, Entries, Found, Source, Sow, Take, Text, asked_twice};

/// Why an input was not read.
#[derive(Debug)]
pub enum Unfit {
    /// It does not have the shape: at this path, for this reason.
    Shape {
        /// Where.
        path: String,
        /// Why.
        error: Error,
    },
    /// It has a field that the type does not know, at this path.
    UnknownField(String),
}

/// What was read of a part, if it was.
///
/// Like all that stands in here for each type it is written without `?`, closures and generic constructors: each of
/// these is one more function for each.
macro_rules! whole {
    ($read:expr, $part:ident) => {
        match ($read, $part.value) {
            (Ok(_), Some(value)) => Ok(value),
            (Ok(_), None) => Err(asked_twice()),
            (Err(error), _) => Err(error),
        }
    };
}

/// Reads JSON, and passes over fields that the type does not know.
pub(super) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    let noticed = Noticed::default();
    let mut part = Part {
        seed: Some(PhantomData::<T>),
        value: None,
        at: At::root(&noticed),
    };
    whole!(source::read(json, &mut part), part)
}

/// Reads JSON, and refuses fields that the type does not know.
pub(crate) fn read_strictly<T: DeserializeOwned>(json: &str) -> Result<T, Unfit> {
    let noticed = Noticed::default();
    let mut part = Part {
        seed: Some(PhantomData::<T>),
        value: None,
        at: At::root(&noticed),
    };
    let read = source::read(json, &mut part);
    match (unfit(read, &noticed), part.value) {
        (None, Some(value)) => Ok(value),
        (None, None) => Err(shape(asked_twice(), &noticed)),
        (Some(unfit), _) => Err(unfit),
    }
}

fn unfit(read: Result<(), Error>, noticed: &Noticed) -> Option<Unfit> {
    match read {
        Ok(()) => noticed.unknown_field().map(Unfit::UnknownField),
        Err(error) => Some(shape(error, noticed)),
    }
}

fn shape(error: Error, noticed: &Noticed) -> Unfit {
    Unfit::Shape {
        path: noticed.misfit(),
        error,
    }
}

/// A place in an input, to be read by whatever type belongs there.
struct Reader<'a, 'de> {
    source: &'a mut dyn Source<'de>,
    at: At<'a>,
}

impl<'de> Reader<'_, 'de> {
    fn ask<G: Give, V: Visitor<'de>>(self, ask: Ask, visitor: V) -> Result<V::Value, Error> {
        let mut asked = Asked::<G, V> {
            visitor: Some(visitor),
            value: None,
            at: self.at,
            give: PhantomData,
        };
        whole!(self.hand_over(ask, &mut asked), asked)
    }

    fn hand_over(self, ask: Ask, take: &mut dyn Take<'de>) -> Result<(), Error> {
        self.at.watch(self.source.read(ask, take))
    }
}

macro_rules! ask {
    ($($method:ident($($name:ident: $type:ty),*) $give:ident $ask:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.ask::<$give, V>($ask, visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = Error;

    ask! {
        deserialize_any() Anything Ask::Any;
        deserialize_bool() Anything Ask::Bool;
        deserialize_i8() Anything Ask::I8;
        deserialize_i16() Anything Ask::I16;
        deserialize_i32() Anything Ask::I32;
        deserialize_i64() Anything Ask::I64;
        deserialize_i128() Anything Ask::I128;
        deserialize_u8() Anything Ask::U8;
        deserialize_u16() Anything Ask::U16;
        deserialize_u32() Anything Ask::U32;
        deserialize_u64() Anything Ask::U64;
        deserialize_u128() Anything Ask::U128;
        deserialize_f32() Anything Ask::F32;
        deserialize_f64() Anything Ask::F64;
        deserialize_char() Anything Ask::Char;
        deserialize_str() Anything Ask::Str;
        deserialize_string() Anything Ask::String;
        deserialize_bytes() Anything Ask::Bytes;
        deserialize_byte_buf() Anything Ask::ByteBuf;
        deserialize_option() Optional Ask::Option;
        deserialize_unit() Anything Ask::Unit;
        deserialize_unit_struct(name: &'static str) Anything Ask::UnitStruct(name);
        deserialize_newtype_struct(name: &'static str) Newtype Ask::NewtypeStruct(name);
        deserialize_seq() Sequence Ask::Seq;
        deserialize_tuple(len: usize) Sequence Ask::Tuple(len);
        deserialize_tuple_struct(name: &'static str, len: usize) Sequence Ask::TupleStruct(name, len);
        deserialize_map() Object Ask::Map;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) Object Ask::Struct(name, fields);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) Variants Ask::Enum(name, variants);
        deserialize_identifier() Anything Ask::Identifier;
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.at.unknown_field();
        self.ask::<Anything, V>(Ask::Ignored, visitor)
    }
}

/// A visitor that waits for what is there.
struct Asked<'a, 'de, G, V: Visitor<'de>> {
    visitor: Option<V>,
    value: Option<V::Value>,
    at: At<'a>,
    give: PhantomData<G>,
}

impl<'de, G: Give, V: Visitor<'de>> Take<'de> for Asked<'_, 'de, G, V> {
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.visitor {
            Some(visitor) => visitor.expecting(f),
            None => Ok(()),
        }
    }

    fn take(&mut self, found: Found<'_, 'de>) -> Result<(), Error> {
        let Some(visitor) = self.visitor.take() else {
            return Err(asked_twice());
        };
        match G::give(visitor, found, self.at) {
            Ok(value) => {
                self.value = Some(value);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// Gives a visitor what it can take after what was asked, so that the rest of it is not compiled.
trait Give {
    fn give<'de, V: Visitor<'de>>(
        visitor: V,
        found: Found<'_, 'de>,
        at: At<'_>,
    ) -> Result<V::Value, Error>;
}

macro_rules! give {
    ($($give:ident($visitor:ident, $at:ident) { $($found:pat => $visit:expr,)* })*) => {$(
        struct $give;

        impl Give for $give {
            fn give<'de, V: Visitor<'de>>(
                $visitor: V,
                found: Found<'_, 'de>,
                $at: At<'_>,
            ) -> Result<V::Value, Error> {
                match found {
                    $($found => $visit,)*
                    other => Err(other.refuse(&$visitor)),
                }
            }
        }
    )*};
}

give! {
    Optional(visitor, at) {
        Found::None => visitor.visit_none(),
        Found::Some(source) => visitor.visit_some(Reader { source, at: at.place(&at.place.inside()) }),
    }
    // `RawValue` asks for a newtype of a secret name, and gets an object.
    Newtype(visitor, at) {
        Found::Newtype(source) => {
            visitor.visit_newtype_struct(Reader { source, at: at.place(&at.place.inside()) })
        },
        Found::Map(entries) => visitor.visit_map(Fields::new(entries, at)),
    }
    Sequence(visitor, at) {
        Found::Seq(elements) => visitor.visit_seq(Items { elements, at, index: 0 }),
    }
    Object(visitor, at) {
        Found::Map(entries) => visitor.visit_map(Fields::new(entries, at)),
        Found::Seq(elements) => visitor.visit_seq(Items { elements, at, index: 0 }),
    }
    Variants(visitor, at) {
        Found::Enum(choice) => visitor.visit_enum(Variant { choice, at, name: Text::default() }),
    }
}

struct Anything;

impl Give for Anything {
    fn give<'de, V: Visitor<'de>>(
        visitor: V,
        found: Found<'_, 'de>,
        at: At<'_>,
    ) -> Result<V::Value, Error> {
        match found {
            Found::Bool(value) => visitor.visit_bool(value),
            Found::I64(value) => visitor.visit_i64(value),
            Found::I128(value) => visitor.visit_i128(value),
            Found::U64(value) => visitor.visit_u64(value),
            Found::U128(value) => visitor.visit_u128(value),
            Found::F64(value) => visitor.visit_f64(value),
            Found::Str(text) => visitor.visit_str(text),
            Found::Borrowed(text) => visitor.visit_borrowed_str(text),
            Found::Bytes(bytes) => visitor.visit_bytes(bytes),
            Found::BorrowedBytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Found::Unit => visitor.visit_unit(),
            Found::Seq(elements) => Sequence::give(visitor, Found::Seq(elements), at),
            Found::Enum(choice) => Variants::give(visitor, Found::Enum(choice), at),
            optional @ (Found::None | Found::Some(_)) => Optional::give(visitor, optional, at),
            other => Newtype::give(visitor, other, at),
        }
    }
}

/// A part that waits to be read.
struct Part<'a, 'de, S: DeserializeSeed<'de>> {
    seed: Option<S>,
    value: Option<S::Value>,
    at: At<'a>,
}

impl<'de, S: DeserializeSeed<'de>> Sow<'de> for Part<'_, 'de, S> {
    fn sow(&mut self, source: &mut dyn Source<'de>) -> Result<(), Error> {
        let Some(seed) = self.seed.take() else {
            return Err(asked_twice());
        };
        let at = self.at;
        match seed.deserialize(Reader { source, at }) {
            Ok(value) => {
                self.value = Some(value);
                Ok(())
            }
            // Of its own as well: from a `try_from`, say, after all has been read.
            Err(error) => {
                at.misfit();
                Err(error)
            }
        }
    }
}

struct Items<'a, 'de> {
    elements: &'a mut dyn Elements<'de>,
    at: At<'a>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let place = self.at.place.index(self.index);
        self.index += 1;
        let mut part = Part {
            seed: Some(seed),
            value: None,
            at: self.at.place(&place),
        };
        match self.elements.next(&mut part) {
            Ok(_) => Ok(part.value),
            Err(error) => Err(error),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.elements.size_hint()
    }
}

struct Fields<'a, 'de> {
    entries: &'a mut dyn Entries<'de>,
    at: At<'a>,
    key: Text,
}

impl<'a, 'de> Fields<'a, 'de> {
    fn new(entries: &'a mut dyn Entries<'de>, at: At<'a>) -> Self {
        Self {
            entries,
            at,
            key: Text::default(),
        }
    }

    /// `false` when there are no more.
    fn read_key(&mut self) -> Result<bool, Error> {
        self.key.clear();
        self.at.watch(self.entries.key(&mut self.key))
    }

    /// An error of the type that the key was read for.
    fn refused(&self, error: Error) -> Error {
        let place = self.at.place.entry(&self.key);
        self.at.place(&place).misfit();
        error
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        match self.read_key() {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(error),
        }
        match seed.deserialize(Key(&self.key)) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(self.refused(error)),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let place = self.at.place.entry(&self.key);
        let mut part = Part {
            seed: Some(seed),
            value: None,
            at: self.at.place(&place),
        };
        whole!(self.entries.value(&mut part), part)
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.size_hint()
    }
}

struct Variant<'a, 'de> {
    choice: &'a mut dyn Choice<'de>,
    at: At<'a>,
    name: Text,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Self), Error> {
        match self.choice.name(&mut self.name) {
            Ok(()) => {}
            Err(error) => return Err(error),
        }
        match seed.deserialize(Key(&self.name)) {
            Ok(value) => Ok((value, self)),
            Err(error) => Err(error),
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let place = self.at.place.variant(&self.name);
        self.at.place(&place).watch(self.choice.unit())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let place = self.at.place.variant(&self.name);
        let inside = place.inside();
        let mut part = Part {
            seed: Some(seed),
            value: None,
            at: self.at.place(&inside),
        };
        let read = self.choice.newtype(&mut part);
        whole!(self.at.place(&place).watch(read), part)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let place = self.at.place.variant(&self.name);
        let mut asked = Asked::<Sequence, V> {
            visitor: Some(visitor),
            value: None,
            at: self.at.place(&place),
            give: PhantomData,
        };
        let read = self.choice.tuple(len, &mut asked);
        whole!(self.at.place(&place).watch(read), asked)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let place = self.at.place.variant(&self.name);
        let mut asked = Asked::<Object, V> {
            visitor: Some(visitor),
            value: None,
            at: self.at.place(&place),
            give: PhantomData,
        };
        let read = self.choice.fields(fields, &mut asked);
        whole!(self.at.place(&place).watch(read), asked)
    }
}

//! `serde_json` behind trait objects. All that is generic in here is compiled for `serde_json`'s own few types,
//! in this crate, and not again for each type of an app.

use std::{fmt, ops::Deref};

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_json::Error;

/// Reads a text as JSON.
pub(super) fn read<'de>(json: &'de str, sow: &mut dyn Sow<'de>) -> Result<(), Error> {
    sow.sow(&mut Once::of(&mut serde_json::Deserializer::from_str(json)))
}

/// What a type asks for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    Any,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    String,
    Bytes,
    ByteBuf,
    Option,
    Unit,
    UnitStruct(&'static str),
    NewtypeStruct(&'static str),
    Seq,
    Tuple(usize),
    TupleStruct(&'static str, usize),
    Map,
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
    Identifier,
    Ignored,
}

/// What is there.
pub(super) enum Found<'a, 'de> {
    Bool(bool),
    I64(i64),
    I128(i128),
    U64(u64),
    U128(u128),
    F64(f64),
    Str(&'a str),
    Borrowed(&'de str),
    Bytes(&'a [u8]),
    BorrowedBytes(&'de [u8]),
    Unit,
    None,
    Some(&'a mut dyn Source<'de>),
    Newtype(&'a mut dyn Source<'de>),
    Seq(&'a mut dyn Elements<'de>),
    Map(&'a mut dyn Entries<'de>),
    Enum(&'a mut dyn Choice<'de>),
}

impl Found<'_, '_> {
    /// That it is something else than what was asked for.
    pub(super) fn refuse(&self, expected: &dyn Expected) -> Error {
        let found = match *self {
            Self::Bool(value) => Unexpected::Bool(value),
            Self::I64(value) => Unexpected::Signed(value),
            Self::U64(value) => Unexpected::Unsigned(value),
            Self::I128(_) => Unexpected::Other("integer `i128`"),
            Self::U128(_) => Unexpected::Other("integer `u128`"),
            Self::F64(value) => Unexpected::Float(value),
            Self::Str(text) | Self::Borrowed(text) => Unexpected::Str(text),
            Self::Bytes(bytes) | Self::BorrowedBytes(bytes) => Unexpected::Bytes(bytes),
            Self::Unit => Unexpected::Unit,
            Self::None | Self::Some(_) => Unexpected::Option,
            Self::Newtype(_) => Unexpected::NewtypeStruct,
            Self::Seq(_) => Unexpected::Seq,
            Self::Map(_) => Unexpected::Map,
            Self::Enum(_) => Unexpected::Enum,
        };
        Error::invalid_type(found, expected)
    }
}

/// Takes what is there: a visitor whose type has been forgotten.
pub(super) trait Take<'de> {
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn take(&mut self, found: Found<'_, 'de>) -> Result<(), Error>;
}

/// Reads a part: a seed whose type has been forgotten.
pub(super) trait Sow<'de> {
    fn sow(&mut self, source: &mut dyn Source<'de>) -> Result<(), Error>;
}

/// A deserializer, to be asked once.
pub(super) trait Source<'de> {
    fn read(&mut self, ask: Ask, take: &mut dyn Take<'de>) -> Result<(), Error>;
}

/// The elements of an array.
pub(super) trait Elements<'de> {
    /// `false` when there are no more.
    fn next(&mut self, sow: &mut dyn Sow<'de>) -> Result<bool, Error>;
    fn size_hint(&self) -> Option<usize>;
}

/// The entries of an object.
pub(super) trait Entries<'de> {
    /// `false` when there are no more.
    fn key(&mut self, sow: &mut dyn Sow<'de>) -> Result<bool, Error>;
    fn value(&mut self, sow: &mut dyn Sow<'de>) -> Result<(), Error>;
    fn size_hint(&self) -> Option<usize>;
}

/// One of an enum's variants. Its name is read first, then what it holds.
pub(super) trait Choice<'de> {
    fn name(&mut self, sow: &mut dyn Sow<'de>) -> Result<(), Error>;
    fn unit(&mut self) -> Result<(), Error>;
    fn newtype(&mut self, sow: &mut dyn Sow<'de>) -> Result<(), Error>;
    fn tuple(&mut self, len: usize, take: &mut dyn Take<'de>) -> Result<(), Error>;
    fn fields(
        &mut self,
        fields: &'static [&'static str],
        take: &mut dyn Take<'de>,
    ) -> Result<(), Error>;
}

/// A key, or the name of a variant: a text whatever type is made of it.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Sow<'de> for Text {
    fn sow(&mut self, source: &mut dyn Source<'de>) -> Result<(), Error> {
        source.read(Ask::Identifier, self)
    }
}

impl<'de> Take<'de> for Text {
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn take(&mut self, found: Found<'_, 'de>) -> Result<(), Error> {
        match found {
            Found::Str(text) | Found::Borrowed(text) => {
                self.0.push_str(text);
                Ok(())
            }
            other => Err(other.refuse(&"a text")),
        }
    }
}

/// Nothing in serde asks twice, and a hand-written `Deserialize` cannot either: what it asks is consumed.
pub(super) fn asked_twice() -> Error {
    Error::custom("asked twice")
}

/// What serde consumes, and gives nothing for until it is asked.
pub(super) struct Once<T>(pub(super) Option<T>);

impl<T> Once<T> {
    pub(super) fn of(it: T) -> Self {
        Self(Some(it))
    }

    fn get(&mut self) -> Result<T, Error> {
        self.0.take().ok_or_else(asked_twice)
    }
}

/// `serde_json` finds the line and the column of an error again in its text, so that nothing is lost.
fn ours(error: impl serde::de::Error) -> Error {
    Error::custom(error)
}

impl<'de, D: Deserializer<'de>> Source<'de> for Once<D> {
    fn read(&mut self, ask: Ask, take: &mut dyn Take<'de>) -> Result<(), Error> {
        let (from, to) = (self.get()?, Taking(take));
        match ask {
            Ask::Any => from.deserialize_any(to),
            Ask::Bool => from.deserialize_bool(to),
            Ask::I8 => from.deserialize_i8(to),
            Ask::I16 => from.deserialize_i16(to),
            Ask::I32 => from.deserialize_i32(to),
            Ask::I64 => from.deserialize_i64(to),
            Ask::I128 => from.deserialize_i128(to),
            Ask::U8 => from.deserialize_u8(to),
            Ask::U16 => from.deserialize_u16(to),
            Ask::U32 => from.deserialize_u32(to),
            Ask::U64 => from.deserialize_u64(to),
            Ask::U128 => from.deserialize_u128(to),
            Ask::F32 => from.deserialize_f32(to),
            Ask::F64 => from.deserialize_f64(to),
            Ask::Char => from.deserialize_char(to),
            Ask::Str => from.deserialize_str(to),
            Ask::String => from.deserialize_string(to),
            Ask::Bytes => from.deserialize_bytes(to),
            Ask::ByteBuf => from.deserialize_byte_buf(to),
            Ask::Option => from.deserialize_option(to),
            Ask::Unit => from.deserialize_unit(to),
            Ask::UnitStruct(name) => from.deserialize_unit_struct(name, to),
            Ask::NewtypeStruct(name) => from.deserialize_newtype_struct(name, to),
            Ask::Seq => from.deserialize_seq(to),
            Ask::Tuple(len) => from.deserialize_tuple(len, to),
            Ask::TupleStruct(name, len) => from.deserialize_tuple_struct(name, len, to),
            Ask::Map => from.deserialize_map(to),
            Ask::Struct(name, fields) => from.deserialize_struct(name, fields, to),
            Ask::Enum(name, variants) => from.deserialize_enum(name, variants, to),
            Ask::Identifier => from.deserialize_identifier(to),
            Ask::Ignored => from.deserialize_ignored_any(to),
        }
        .map_err(ours)
    }
}

struct Taking<'a, 'de>(&'a mut dyn Take<'de>);

macro_rules! visit {
    ($($method:ident($found:ident: $type:ty);)*) => {$(
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<(), E> {
            self.0.take(Found::$found(value)).map_err(E::custom)
        }
    )*};
}

impl<'de> Visitor<'de> for Taking<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool(Bool: bool);
        visit_i64(I64: i64);
        visit_i128(I128: i128);
        visit_u64(U64: u64);
        visit_u128(U128: u128);
        visit_f64(F64: f64);
        visit_str(Str: &str);
        visit_borrowed_str(Borrowed: &'de str);
        visit_bytes(Bytes: &[u8]);
        visit_borrowed_bytes(BorrowedBytes: &'de [u8]);
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.take(Found::Unit).map_err(E::custom)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.take(Found::None).map_err(E::custom)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let found = Found::Some(&mut Once::of(from));
        self.0.take(found).map_err(D::Error::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let found = Found::Newtype(&mut Once::of(from));
        self.0.take(found).map_err(D::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let found = Found::Seq(&mut elements);
        self.0.take(found).map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let found = Found::Map(&mut entries);
        self.0.take(found).map_err(A::Error::custom)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, one: A) -> Result<(), A::Error> {
        let mut one = OneOf {
            named: Once::of(one),
            held: Once(None),
        };
        self.0.take(Found::Enum(&mut one)).map_err(A::Error::custom)
    }
}

struct Sowing<'a, 'de>(&'a mut dyn Sow<'de>);

impl<'de> DeserializeSeed<'de> for Sowing<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.0.sow(&mut Once::of(from)).map_err(D::Error::custom)
    }
}

impl<'de, A: SeqAccess<'de>> Elements<'de> for A {
    fn next(&mut self, sow: &mut dyn Sow<'de>) -> Result<bool, Error> {
        let next = self.next_element_seed(Sowing(sow)).map_err(ours)?;
        Ok(next.is_some())
    }

    fn size_hint(&self) -> Option<usize> {
        SeqAccess::size_hint(self)
    }
}

impl<'de, A: MapAccess<'de>> Entries<'de> for A {
    fn key(&mut self, sow: &mut dyn Sow<'de>) -> Result<bool, Error> {
        let key = self.next_key_seed(Sowing(sow)).map_err(ours)?;
        Ok(key.is_some())
    }

    fn value(&mut self, sow: &mut dyn Sow<'de>) -> Result<(), Error> {
        self.next_value_seed(Sowing(sow)).map_err(ours)
    }

    fn size_hint(&self) -> Option<usize> {
        MapAccess::size_hint(self)
    }
}

struct OneOf<A, H> {
    named: Once<A>,
    held: Once<H>,
}

impl<'de, A: EnumAccess<'de>> Choice<'de> for OneOf<A, A::Variant> {
    fn name(&mut self, sow: &mut dyn Sow<'de>) -> Result<(), Error> {
        let ((), held) = self.named.get()?.variant_seed(Sowing(sow)).map_err(ours)?;
        self.held = Once::of(held);
        Ok(())
    }

    fn unit(&mut self) -> Result<(), Error> {
        self.held.get()?.unit_variant().map_err(ours)
    }

    fn newtype(&mut self, sow: &mut dyn Sow<'de>) -> Result<(), Error> {
        let held = self.held.get()?;
        held.newtype_variant_seed(Sowing(sow)).map_err(ours)
    }

    fn tuple(&mut self, len: usize, take: &mut dyn Take<'de>) -> Result<(), Error> {
        let held = self.held.get()?;
        held.tuple_variant(len, Taking(take)).map_err(ours)
    }

    fn fields(
        &mut self,
        fields: &'static [&'static str],
        take: &mut dyn Take<'de>,
    ) -> Result<(), Error> {
        let held = self.held.get()?;
        held.struct_variant(fields, Taking(take)).map_err(ours)
    }
}

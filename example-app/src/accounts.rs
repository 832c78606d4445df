//! Who may log in: names, passwords, users.

mod passwords;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sync_runtime::SessionUser;

use crate::db::Db;

pub use passwords::{HashError, Passwords};

/// The longest name, in characters.
pub const NAME_MAX: usize = 32;
/// The shortest password, in characters.
pub const PASSWORD_MIN: usize = 8;
/// The longest password, in characters.
pub const PASSWORD_MAX: usize = 128;

/// A user, as a session holds it and as others may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct User {
    /// Stable, made at registration.
    pub id: String,
    /// As it was typed at registration.
    pub name: String,
}

impl SessionUser for User {
    fn user_id(&self) -> &str {
        &self.id
    }
}

/// The accounts of the app.
#[derive(Clone, Debug)]
pub struct Accounts {
    db: Db,
    passwords: Passwords,
}

/// Why an account was not opened or not found.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name breaks a rule of [`check_name`].
    #[error("the name is not allowed")]
    InvalidName,
    /// The password is too short or too long.
    #[error("the password is not allowed")]
    InvalidPassword,
    /// Somebody has this name, perhaps in other letters' case.
    #[error("the name is taken")]
    NameTaken,
    /// There is no such user, or the password is not theirs. Which of the two is not told.
    #[error("the name or the password is wrong")]
    InvalidCredentials,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// Letters, digits, `.`, `-`, `_` and single spaces between them; at most [`NAME_MAX`] characters.
pub fn check_name(name: &str) -> Result<(), AccountError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let good = !name.is_empty()
        && name.chars().count() <= NAME_MAX
        && name.chars().all(allowed)
        && !name.starts_with(' ')
        && !name.ends_with(' ')
        && !name.contains("  ");
    good.then_some(()).ok_or(AccountError::InvalidName)
}

/// Any characters, [`PASSWORD_MIN`] to [`PASSWORD_MAX`] of them.
pub fn check_password(password: &str) -> Result<(), AccountError> {
    let good = (PASSWORD_MIN..=PASSWORD_MAX).contains(&password.chars().count());
    good.then_some(()).ok_or(AccountError::InvalidPassword)
}

impl Accounts {
    /// The accounts kept in `db`.
    pub async fn new(db: Db) -> Result<Self, HashError> {
        let passwords = Passwords::new().await?;
        Ok(Self { db, passwords })
    }

    /// Makes an account.
    pub async fn register(&self, name: &str, password: String) -> Result<User, AccountError> {
        check_name(name)?;
        check_password(&password)?;
        let hash = self.passwords.hash(password).await?;
        let user = User {
            id: uuid::Uuid::new_v4().to_string(),
            name: name.to_owned(),
        };
        let made = sqlx::query(
            "INSERT INTO users (id, name, name_key, password_hash) VALUES (?, ?, ?, ?)",
        )
        .bind(&user.id)
        .bind(&user.name)
        .bind(name_key(name))
        .bind(hash)
        .execute(self.db.pool())
        .await;
        match made {
            Ok(_) => Ok(user),
            Err(sqlx::Error::Database(e)) if e.is_unique_violation() => {
                Err(AccountError::NameTaken)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// The user with this name and password. Takes as long for a name that nobody has as for a
    /// wrong password.
    pub async fn log_in(&self, name: &str, password: String) -> Result<User, AccountError> {
        let found: Option<(String, String, Option<String>)> =
            sqlx::query_as("SELECT id, name, password_hash FROM users WHERE name_key = ?")
                .bind(name_key(name))
                .fetch_optional(self.db.pool())
                .await?;
        let (user, hash) = match found {
            Some((id, name, hash)) => (Some(User { id, name }), hash),
            None => (None, None),
        };
        let right = self.passwords.verify(password, hash).await?;
        user.filter(|_| right)
            .ok_or(AccountError::InvalidCredentials)
    }
}

fn name_key(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_letters_digits_and_a_few_signs() {
        for good in [
            "a",
            "Ada Lovelace",
            "jean-luc",
            "x_1.2",
            "Łukasz",
            "李雷",
            &"n".repeat(32),
        ] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            " a",
            "a ",
            "a  b",
            "a\tb",
            "a\u{202e}b",
            "<b>",
            "a\0",
            &"n".repeat(33),
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn passwords_are_counted_in_characters() {
        assert!(check_password("1234567").is_err());
        assert!(check_password("12345678").is_ok());
        assert!(check_password(&"ü".repeat(128)).is_ok());
        assert!(check_password(&"a".repeat(129)).is_err());
    }
}

//! Following a guide in Markdown to the letter.
//!
//! Between the comments `<!-- followed by a test -->` and `<!-- end -->` every fenced block is a step:
//!
//! - one after a line that begins with a file's path in backticks (`` `src/main.rs`: ``) is that
//!   file, whole;
//! - one marked `sh` (or `bash`, `console`) is typed into a shell, one command a line;
//! - any other is for the reader alone.

/// What a guide asks for, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Put this text into this file.
    File {
        /// Relative to the folder one is in.
        path: String,
        /// All of the file.
        text: String,
    },
    /// Type these commands.
    Shell(String),
}

const BEGIN: &str = "<!-- followed by a test -->";
const END: &str = "<!-- end -->";

/// Reads the steps of a guide.
pub fn steps(markdown: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut followed = false;
    let mut named: Option<&str> = None;
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim();
        match bare {
            BEGIN => followed = true,
            END => followed = false,
            "" => {}
            _ => match fence(bare) {
                Some((ticks, language)) => {
                    let indent = line.len() - line.trim_start().len();
                    let text = body(&mut lines, ticks, indent);
                    match named.take() {
                        _ if !followed => {}
                        Some(path) => steps.push(Step::File {
                            path: path.to_owned(),
                            text,
                        }),
                        None if matches!(language, "sh" | "bash" | "console") => {
                            steps.push(Step::Shell(text));
                        }
                        None => {}
                    }
                }
                None => named = path_in(bare),
            },
        }
    }
    steps
}

/// The backticks that open a fence, and its language.
fn fence(line: &str) -> Option<(&str, &str)> {
    let length = line.len() - line.trim_start_matches('`').len();
    let (ticks, info) = line.split_at(length);
    if length < 3 || info.contains('`') {
        return None;
    }
    Some((ticks, info.split([',', ' ']).next().unwrap_or_default()))
}

/// The lines up to the closing fence, without the indentation of the opening one.
fn body<'m>(lines: &mut impl Iterator<Item = &'m str>, ticks: &str, indent: usize) -> String {
    let mut text = String::new();
    for line in lines.take_while(|line| line.trim() != ticks) {
        let surplus = line.len() - line.trim_start().len();
        text.push_str(&line[surplus.min(indent)..]);
        text.push('\n');
    }
    text
}

/// The file that a line announces: `` `src/main.rs` ``, with anything after it, even a list's mark
/// or emphasis before it.
fn path_in(line: &str) -> Option<&str> {
    let line =
        line.trim_start_matches(|c: char| matches!(c, '-' | '*' | '.' | ' ') || c.is_ascii_digit());
    let (path, _) = line.strip_prefix('`')?.split_once('`')?;
    let a_file = path.contains('.') && !path.contains([' ', '(', '<', '*']);
    a_file.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Step {
        Step::File {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn named_blocks_are_files_and_shell_blocks_are_typed() {
        let guide = "\
# Guide
`not/yet.rs`
```rust
fn no() {}
```
<!-- followed by a test -->
1. Make it:
   ```sh
   cargo new app
   cd app
   ```
2. `src/main.rs`:

   ```rust
   fn main() {
       run();
   }
   ```
For the look of it:
```rust
struct Unnamed;
```
**`web/index.html`**, whole:
````html
```
````
<!-- end -->
```sh
rm -r app
```
";
        assert_eq!(
            steps(guide),
            [
                Step::Shell("cargo new app\ncd app\n".into()),
                file("src/main.rs", "fn main() {\n    run();\n}\n"),
                file("web/index.html", "```\n"),
            ]
        );
    }

    #[test]
    fn code_in_a_sentence_names_no_file() {
        for line in [
            "Call `main.run()`.",
            "`cargo build` again:",
            "`sync_build::routes(\"src\")`",
            "See `src/main.rs`.",
        ] {
            assert_eq!(path_in(line), None, "{line}");
        }
        assert_eq!(path_in("`build.rs`"), Some("build.rs"));
        assert_eq!(
            path_in("- `.cargo/config.toml`: as is"),
            Some(".cargo/config.toml")
        );
    }
}

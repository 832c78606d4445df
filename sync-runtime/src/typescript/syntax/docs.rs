//! Doc comments: ts-rs hands them over as finished `JSDoc`, which is taken apart here.

/// The comment at the start of `text` and what follows it; `None` when `text` does not start with one.
pub(super) fn split_comment(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("/**")?;
    let length = if inner.starts_with('\n') {
        // From `///` lines. A line may hold `*/` (a glob such as `src/**/_sync` does), so the end is the
        // one that stands on a line of its own.
        let end = inner
            .split_inclusive('\n')
            .position(|line| line.trim() == "*/")?;
        inner
            .split_inclusive('\n')
            .take(end + 1)
            .map(str::len)
            .sum()
    } else {
        end_of_block(inner)?
    };
    Some(text.split_at("/**".len() + length))
}

/// Rust's block comments nest, so a `/** ... */` ends where as many are closed as were opened.
fn end_of_block(inner: &str) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut depth = 1;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The lines of a `JSDoc` comment, without the stars and without empty lines around them.
pub(in super::super) fn comment_lines(comment: &str) -> Vec<String> {
    let comment = comment.trim();
    let inner = comment.strip_prefix("/**").unwrap_or(comment);
    let inner = inner.strip_suffix("*/").unwrap_or(inner);
    let lines: Vec<&str> = inner
        .lines()
        .map(|line| {
            let line = line.trim();
            match line.strip_prefix('*') {
                Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
                None => line,
            }
        })
        .collect();
    let Some(first) = lines.iter().position(|line| !line.is_empty()) else {
        return Vec::new();
    };
    let last = lines.iter().rposition(|line| !line.is_empty());
    lines[first..=last.unwrap_or(first)]
        .iter()
        .map(|&line| line.to_owned())
        .collect()
}

/// The lines as a `JSDoc` comment, each line behind `indent` spaces.
pub(super) fn comment(lines: &[String], indent: usize) -> String {
    let pad = " ".repeat(indent);
    // What Rust may say in a comment can be the end of one in TypeScript.
    let text = |line: &String| line.replace("*/", "*\\/");
    match lines {
        [] => String::new(),
        [line] => format!("{pad}/** {} */\n", text(line)),
        lines => {
            let lines = lines.iter().map(|line| format!("{pad} * {}", text(line)));
            let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
            format!("{pad}/**\n{}\n{pad} */\n", lines.join("\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ts-rs writes them, with what follows.
    #[test]
    fn what_rust_may_say_in_a_comment_does_not_end_it() {
        for (written, lines) in [
            (
                "/**\n * All of `src/**/_sync`.\n *\n * */\n */\n",
                &["All of `src/**/_sync`.", "", "*/"][..],
            ),
            ("/** a /* b */ c\n   d */\n", &["a /* b */ c", "d"]),
            ("/**\n * One.\n * Two.\n */\n", &["One.", "Two."]),
        ] {
            let text = format!("{written}id: string, /** x */");
            let Some((comment, rest)) = split_comment(&text) else {
                panic!("no comment: {text}");
            };
            assert_eq!(comment_lines(comment), lines);
            assert_eq!(rest.trim(), "id: string, /** x */");
        }
        let lines = ["`src/**/_sync`".to_owned()];
        assert_eq!(comment(&lines, 2), "  /** `src/**\\/_sync` */\n");
    }
}

//! Whether TypeScript accepts the generated file, and means by it what Rust does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{broad, render};

/// What a front end relies on. Each `@ts-expect-error` is a mistake that must not compile.
const USES: &str = include_str!("uses.ts");

const CONFIG: &str = r#"{
  "compilerOptions": {
    "strict": true,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "isolatedModules": true,
    "verbatimModuleSyntax": true,
    "exactOptionalPropertyTypes": true,
    "noUncheckedIndexedAccess": true,
    "erasableSyntaxOnly": true,
    "skipLibCheck": false,
    "types": [],
    "outDir": "out"
  },
  "files": ["sync.gen.ts", "uses.ts"]
}"#;

/// Compiles the generated file, and what uses it, with the TypeScript that npm installed as `package`.
fn compile(package: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let compiler = root.join("node_modules").join(package).join("bin/tsc");
    assert!(
        compiler.exists(),
        "there is no {package} in node_modules: run `npm ci` at the root of the repository"
    );
    let folder = project(package);
    let output = Command::new("node")
        .arg(compiler)
        .args(["--project", "tsconfig.json"])
        .current_dir(&folder)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{said}\n{}",
        numbered(&render(broad()))
    );

    // Types alone: nothing of it reaches the browser.
    let script = fs::read_to_string(folder.join("out/sync.gen.js")).unwrap();
    let code: Vec<&str> = script
        .lines()
        .filter(|line| !line.starts_with("//") && !line.starts_with("/*"))
        .collect();
    assert_eq!(code, ["export {};"], "{script}");
}

/// A folder with the generated file, a client package to register with, and the uses.
fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("typescript-compiler")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    let client = folder.join("node_modules/sync-client");
    fs::create_dir_all(&client).unwrap();
    for (file, text) in [
        (
            client.join("package.json"),
            r#"{ "name": "sync-client", "type": "module", "types": "index.d.ts" }"#,
        ),
        (client.join("index.d.ts"), "export interface Register {}\n"),
        (folder.join("package.json"), r#"{ "type": "module" }"#),
        (folder.join("tsconfig.json"), CONFIG),
        (folder.join("sync.gen.ts"), &render(broad())),
        (folder.join("uses.ts"), USES),
    ] {
        fs::write(file, text).unwrap();
    }
    folder
}

fn numbered(text: &str) -> String {
    let lines = text
        .lines()
        .enumerate()
        .map(|(nth, line)| format!("{:4} {line}", nth + 1));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn typescript_5_accepts_it() {
    compile("typescript");
}

#[test]
fn typescript_7_accepts_it() {
    compile("typescript7");
}

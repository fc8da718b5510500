//! kubectl's custom columns: a header and a path for each.

use super::query::Query;
use super::text::one_line;
use super::{Table, json};
use serde_json::Value;

/// Headers and where their values are.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns(Vec<(String, Query)>);

impl Columns {
    /// Reads `HEADER:path,HEADER:path`.
    ///
    /// # Errors
    /// When it is none, in kubectl's words.
    pub fn parse(spec: &str) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".to_owned());
        }
        let refused = |part: &str| format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>");
        let column = |part: &str| {
            let (header, path) = part.split_once(':').ok_or_else(|| refused(part))?;
            Ok((header.to_owned(), Query::parse(path)?))
        };
        spec.split(',').map(column).collect::<Result<_, _>>().map(Self)
    }

    /// Reads a file's two lines: headers, and paths below them.
    ///
    /// # Errors
    /// When there are not as many of the one as of the other, or a path is wrong; in kubectl's words.
    pub fn parse_file(text: &str) -> Result<Self, String> {
        let format = "Expected format is one line of space separated headers, one line of space separated column specs.";
        let mut lines = text.lines();
        let mut words = |what| {
            let line = lines.next().ok_or_else(|| format!("invalid template, missing {what} line. {format}"))?;
            Ok::<_, String>(line.split_whitespace().collect::<Vec<_>>())
        };
        let (headers, paths) = (words("header")?, words("spec")?);
        if headers.len() != paths.len() {
            return Err(format!("number of headers ({}) and field specifications ({}) don't match", headers.len(), paths.len()));
        }
        let columns = headers.into_iter().zip(paths).map(|(header, path)| Ok((header.to_owned(), Query::parse(path)?)));
        columns.collect::<Result<_, _>>().map(Self)
    }

    /// A row for each object; `<none>` where nothing is. On a terminal, text from the cluster is made harmless as in every
    /// table; elsewhere it stays what it is, but for what would break the row, and escape characters, which kubectl marks too.
    ///
    /// # Errors
    /// When a path does not fit an object, for example an index out of bounds.
    pub fn table(&self, objects: &[&Value], terminal: bool) -> Result<Table, String> {
        let headers: Vec<&str> = self.0.iter().map(|(header, _)| header.as_str()).collect();
        let mut table = Table::new(&headers);
        for object in objects {
            let cell = |(_, path): &(String, Query)| {
                let found: Vec<String> = path.find(object)?.into_iter().map(|value| shown(&json::go(value), terminal)).collect();
                Ok(if found.is_empty() { "<none>".to_owned() } else { found.join(",") })
            };
            table.add_drawn(self.0.iter().map(cell).collect::<Result<_, String>>()?);
        }
        Ok(table)
    }
}

fn shown(text: &str, terminal: bool) -> String {
    match terminal {
        true => one_line(text),
        false => text.replace('\u{1b}', "^[").replace('\r', "\\r").replace(['\n', '\t', '\u{b}', '\u{c}'], " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::Look;
    use serde_json::json;

    #[test]
    fn columns_look_like_kubectls() {
        let a = json!({"metadata": {"name": "a", "labels": {"x.y/z": "1", "b": "2"}}, "list": [1, 2.5, null], "big": 1e21});
        let b = json!({"metadata": {"name": "long-name"}, "empty": "", "lines": "a\nb\tc", "esc": "\u{1b}[31mred\r"});
        let columns = Columns::parse("N:.metadata.name,LABELS:metadata.labels,L:{.list[*]},L2:.list,B:.big,E:.empty,LINES:.lines,ESC:.esc");
        let table = columns.expect("columns").table(&[&a, &b], false).expect("a table");
        assert_eq!(
            table.lines(&Look::default(), true),
            [
                "N           LABELS             L             L2              B        E        LINES    ESC",
                "a           map[b:2 x.y/z:1]   1,2.5,<nil>   [1 2.5 <nil>]   1e+21    <none>   <none>   <none>",
                "long-name   <none>             <none>        <none>          <none>            a b c    ^[[31mred\\r",
            ]
        );
    }

    #[test]
    fn wrong_columns_are_refused_in_kubectls_words() {
        #[rustfmt::skip]
        let table = [
            ("",            "custom-columns format specified but no custom columns given"),
            ("NAME",        "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>"),
            ("A:.a,",       "unexpected custom-columns spec: , expected <header>:<json-path-expr>"),
            ("A:{.a",       "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"),
            ("A:.a[",       "unterminated array"),
        ];
        for (spec, expected) in table {
            assert_eq!(Columns::parse(spec).expect_err(spec), expected);
        }
        assert!(Columns::parse_file("A  B\n.a").expect_err("too few").contains("(2) and field specifications (1)"));
        assert!(Columns::parse_file("A").expect_err("no paths").starts_with("invalid template, missing spec line."));
        assert_eq!(Columns::parse_file("A  B\n.a\t{.b}\nmore"), Columns::parse("A:.a,B:.b"));
    }
}

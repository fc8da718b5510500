//! Draws a routing tree.

use crate::cli::output::text::one_line;
use crate::cli::terminal::Look;
use crate::rules::routes::Branch;

/// A branch of a tree, with the lines that lead to it.
pub struct Drawn<'a> {
    /// The branch.
    pub branch: &'a Branch,
    /// Its lines and its matchers; harmless.
    pub text: String,
    /// Line of the route that took the labels before this one was asked, if that is why it was not.
    pub ended_by: Option<u64>,
}

/// Every branch, the root first, each before those below it.
pub fn branches<'a>(root: &'a Branch, look: &Look) -> Vec<Drawn<'a>> {
    let mut all = vec![Drawn { branch: root, text: "everything".to_owned(), ended_by: None }];
    below(root, "", look, &mut all);
    all
}

fn below<'a>(above: &'a Branch, indent: &str, look: &Look, all: &mut Vec<Drawn<'a>>) {
    let (middle, last, bar) = if look.ascii { ("|- ", "`- ", "|  ") } else { ("├─ ", "└─ ", "│  ") };
    let mut ended_by = None;
    for (nth, branch) in above.routes.iter().enumerate() {
        let is_last = nth + 1 == above.routes.len();
        let text = format!("{indent}{}{}", if is_last { last } else { middle }, matchers(branch));
        all.push(Drawn { branch, text, ended_by });
        below(branch, &format!("{indent}{}", if is_last { "   " } else { bar }), look, all);
        if branch.matched && !branch.r#continue {
            ended_by = branch.line;
        }
    }
}

fn matchers(branch: &Branch) -> String {
    let all: Vec<&str> = branch.matchers.iter().map(|tested| tested.matcher.as_str()).collect();
    if all.is_empty() { "everything".to_owned() } else { one_line(&all.join(", ")) }
}

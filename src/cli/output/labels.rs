//! Labels as columns of a table, as kubectl's `-L` and `--show-labels`.

use super::{Seen, Table};
use serde_json::Value;

/// Which labels are shown.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct LabelArgs {
    /// Labels to show as columns: a list, or several flags
    #[arg(short = 'L', long = "label-columns", value_name = "LABELS", value_delimiter = ',')]
    columns: Vec<String>,
    /// Show all labels in the last column
    #[arg(long)]
    show_labels: bool,
}

impl LabelArgs {
    /// Whether any label is to be shown.
    pub fn is_given(&self) -> bool {
        self.show_labels || !self.columns.is_empty()
    }

    /// Adds the columns at the end of a table whose rows are these objects.
    pub fn add_to(&self, table: &mut Table, items: &[Seen]) {
        for label in &self.columns {
            let header = label.rsplit('/').next().unwrap_or_default().to_uppercase();
            table.add_column(&header, items.iter().map(|item| value(item, label)).collect());
        }
        if self.show_labels {
            table.add_column("LABELS", items.iter().map(all).collect());
        }
    }
}

/// The value of a label; empty when there is none.
fn value(item: &Seen, label: &str) -> String {
    let labels = item.at("/metadata/labels").and_then(Value::as_object);
    labels.and_then(|labels| labels.get(label)?.as_str()).unwrap_or_default().to_owned()
}

fn all(item: &Seen) -> String {
    let labels = item.at("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let all: Vec<String> = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    if all.is_empty() { "<none>".to_owned() } else { all.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::Look;
    use serde_json::json;

    #[test]
    fn label_columns_look_like_kubectls() {
        let items = [
            Seen(json!({"metadata": {"name": "a", "labels": {"x": "w", "kubernaut.ai/severity": "high", "a.b/c": ""}}})),
            Seen(json!({"metadata": {"name": "bb"}})),
        ];
        let mut table = Table::new(&["NAME"]);
        items.iter().for_each(|item| table.add(vec![item.name().to_owned()]));
        LabelArgs { columns: vec!["kubernaut.ai/severity".into(), "x".into()], show_labels: true }.add_to(&mut table, &items);
        assert_eq!(
            table.lines(&Look::default(), true),
            [
                "NAME   SEVERITY   X     LABELS",
                "a      high       w     a.b/c=,kubernaut.ai/severity=high,x=w",
                "bb                      <none>"
            ]
        );
    }
}

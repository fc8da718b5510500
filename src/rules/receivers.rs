//! Decides who receives a notice: exactly the channels it names, or everybody that is configured.

/// Who receives a notice, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receiver {
    /// Name of the receiver; of the built-in ones it is the channel.
    pub name: String,
    /// How it is reached, for example `slack`.
    pub channel: String,
}

impl Receiver {
    /// The built-in receiver of a channel.
    pub fn of(channel: &str) -> Self {
        Self { name: channel.to_owned(), channel: channel.to_owned() }
    }
}

/// Who receives a notice. A channel that it names is kept though nobody configured it: its delivery says so.
pub fn receivers(named: &[String], configured: &[&str]) -> Vec<Receiver> {
    let wanted: Vec<&str> = match named.is_empty() {
        true => configured.to_vec(),
        false => named.iter().map(String::as_str).collect(),
    };
    let mut receivers: Vec<Receiver> = vec![];
    for receiver in wanted.into_iter().map(Receiver::of) {
        if !receivers.contains(&receiver) {
            receivers.push(receiver);
        }
    }
    receivers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_channels_are_used_and_no_others() {
        type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);
        #[rustfmt::skip]
        let table: &[Case] = &[
            ("the console alone",           &[],                   &["console"],          &["console"]),
            ("and Slack when configured",   &[],                   &["console", "slack"], &["console", "slack"]),
            ("exactly those named",         &["slack"],            &["console", "slack"], &["slack"]),
            ("an unknown one stays",        &["pigeon"],           &["console"],          &["pigeon"]),
            ("named twice is told once",    &["slack", "slack"],   &["slack"],            &["slack"]),
        ];
        for (case, named, configured, expected) in table {
            let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
            let found = receivers(&named, configured);
            assert_eq!(found, expected.iter().map(|name| Receiver::of(name)).collect::<Vec<_>>(), "{case}");
        }
    }
}

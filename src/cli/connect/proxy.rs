//! Chooses the proxy as kubectl does: kube asks NO_PROXY about the proxy instead of the server.

use http::Uri;
use std::net::IpAddr;

/// The proxy for `server`: the cluster's own, else the environment's unless NO_PROXY names the server.
///
/// # Errors
/// When the proxy is not a URL.
pub fn proxy_for(server: &Uri, configured: Option<&str>, env: impl Fn(&str) -> Option<String>) -> Result<Option<Uri>, String> {
    if let Some(url) = configured.filter(|url| !url.is_empty()) {
        return parse(url).map(Some);
    }
    let any = |names: [&str; 2]| names.into_iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
    let secure = server.scheme_str() == Some("https");
    let found = if secure { any(["HTTPS_PROXY", "https_proxy"]) } else { any(["HTTP_PROXY", "http_proxy"]) };
    let excluded = any(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    match found {
        Some(url) if !is_excluded(server, &excluded) => {
            let url = if url.contains("://") { url } else { format!("http://{url}") };
            parse(&url).map(Some)
        }
        _ => Ok(None),
    }
}

/// The error never quotes the URL, which may hold a password.
fn parse(url: &str) -> Result<Uri, String> {
    // Names are looked up by the proxy in either case.
    let url = url.strip_prefix("socks5h://").map_or_else(|| url.to_owned(), |rest| format!("socks5://{rest}"));
    let proxy: Uri = url.parse().map_err(|_| "the address of the proxy is not a URL".to_owned())?;
    match proxy.scheme_str() {
        Some("http" | "https" | "socks5") if proxy.host().is_some() => Ok(proxy),
        _ => Err("the address of the proxy must start with http://, https:// or socks5://".to_owned()),
    }
}

fn is_excluded(server: &Uri, list: &str) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    let address: Option<IpAddr> = host.parse().ok();
    let own = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    own || list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| names(entry, &host, port, address))
}

fn names(entry: &str, host: &str, port: u16, address: Option<IpAddr>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        let network = network.parse().ok().zip(bits.parse().ok());
        return network.zip(address).is_some_and(|((network, bits), address)| contains(network, bits, address));
    }
    let entry = entry.to_lowercase();
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, digits.parse::<u16>().ok()),
        _ => (entry.as_str(), None),
    };
    let name = name.trim_matches(['[', ']']).trim_start_matches('*');
    let domain = name.strip_prefix('.').unwrap_or(name);
    let below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    !domain.is_empty() && wanted_port.is_none_or(|wanted| wanted == port) && (below || host == name)
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let shifted = |value: u128, width: u32| value.checked_shr(width.saturating_sub(bits)).unwrap_or_default();
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => shifted(u32::from(a).into(), 32) == shifted(u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => shifted(a.into(), 128) == shifted(b.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, configured: Option<&str>, no_proxy: &str) -> bool {
        let env = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://px:3128".to_owned()),
            "NO_PROXY" => Some(no_proxy.to_owned()),
            _ => None,
        };
        proxy_for(&server.parse().expect("uri"), configured, env).expect("a choice").is_some()
    }

    #[test]
    fn no_proxy_names_the_server() {
        #[rustfmt::skip]
        let table = [
            ("nothing excluded",      "https://c1.example:6443",  "",                 true),
            ("the server itself",     "https://c1.example:6443",  "c1.example",       false),
            ("with its port",         "https://c1.example:6443",  "c1.example:6443",  false),
            ("with another port",     "https://c1.example:6443",  "c1.example:443",   true),
            ("the proxy",             "https://c1.example:6443",  "px:3128",          true),
            ("empty entries",         "https://c1.example:6443",  "a,,b",             true),
            ("a suffix",              "https://c1.example:6443",  ".example",         false),
            ("a domain",              "https://c1.example:6443",  "example",          false),
            ("a domain with a star",  "https://c1.example:6443",  "*.example",        false),
            ("half a word",           "https://c1.example:6443",  "ample",            true),
            ("a dot means below",     "https://example:6443",     ".example",         true),
            ("a network",             "https://10.1.2.3:6443",    "10.1.0.0/16",      false),
            ("another network",       "https://10.2.2.3:6443",    "10.1.0.0/16",      true),
            ("an address",            "https://10.1.2.3",         "10.1.2.3",         false),
            ("everything",            "https://c1.example",       "*",                false),
            ("loopback",              "https://127.0.0.1:6443",   "",                 false),
            ("plain http",            "http://c1.example",        "",                 false),
        ];
        for (case, server, excluded, proxied) in table {
            assert_eq!(chosen(server, None, excluded), proxied, "{case}");
        }
        assert!(chosen("https://c1.example", Some("http://own:1"), "*"), "the cluster's own proxy always counts");
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_its_password() {
        let server = Uri::from_static("https://c1.example");
        for url in ["ftp://me:s3cret@px:1", "http://me:s3cret@px :1", "s3cret"] {
            let refused = proxy_for(&server, Some(url), |_| None).expect_err(url);
            assert!(!refused.contains("s3cret"), "{refused}");
        }
        let socks = proxy_for(&server, Some("socks5h://px:1"), |_| None).expect("fine").expect("a proxy");
        assert_eq!(socks.scheme_str(), Some("socks5"));
    }
}

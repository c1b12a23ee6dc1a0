//! Where a request comes from.

use actix_web::http::header::HeaderMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address of the client: of the connection, or what the farthest proxy of ours has written down.
///
/// Each proxy adds one entry at the end of `X-Forwarded-For`, so that of all entries, over all lines, only the last
/// `hops` are ours; those before them may be made up.
pub fn client(headers: &HeaderMap, peer: Option<IpAddr>, hops: u8) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").filter_map(|line| line.to_str().ok());
    let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let ours = &entries[entries.len().saturating_sub(usize::from(hops))..];
    let forwarded = ours.first().and_then(|entry| parse(entry));
    forwarded.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// An entry: an address, with a port or without.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()))
}

/// What counts as one: an IPv4 address, or the 64 bits of an IPv6 address that name a network, of which one subscriber has
/// all addresses.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn told(lines: &[&'static str], hops: u8) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(line));
        }
        client(&headers, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), hops).to_string()
    }

    #[test]
    fn t1_l11_only_what_our_own_proxies_have_written_counts() {
        for (lines, hops, address) in [
            (&[][..], 1, "127.0.0.1"),
            (&["6.6.6.6"], 0, "127.0.0.1"),
            (&["6.6.6.6, 1.2.3.4"], 1, "1.2.3.4"),
            // A client that sends a line of its own, before or after that of the proxy's own making.
            (&["6.6.6.6", "1.2.3.4"], 1, "1.2.3.4"),
            (&["6.6.6.6, 7.7.7.7", "8.8.8.8, 1.2.3.4"], 1, "1.2.3.4"),
            (&["6.6.6.6, 1.2.3.4, 10.0.0.1"], 2, "1.2.3.4"),
            (&["6.6.6.6", "1.2.3.4", "10.0.0.1"], 2, "1.2.3.4"),
            (&["1.2.3.4"], 2, "1.2.3.4"),
            (&["1.2.3.4:5678"], 1, "1.2.3.4"),
            (&["[2001:db8::7]:5678"], 1, "2001:db8::7"),
            (&["[2001:db8::7]"], 1, "2001:db8::7"),
            (&["unknown"], 1, "127.0.0.1"),
            (&["1.2.3.4, "], 1, "127.0.0.1"),
        ] {
            assert_eq!(told(lines, hops), address, "{lines:?} by {hops}");
        }
    }

    #[test]
    fn t2_all_addresses_of_one_subscriber_count_as_one() {
        let network = |address: &str| super::network(address.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:1.2.3.4"), "1.2.3.4");
        assert_ne!(network("1.2.3.4"), network("1.2.3.5"));
    }
}

//! TCP_NODELAY on every connection. The Pulsar client never sets it, and Nagle's algorithm with
//! delayed acknowledgements then costs up to 48 ms. The linker puts this in front of the system's
//! `connect` (`--wrap=connect`), for the whole program; without that option it does not link.

use libc::{c_int, sockaddr, socklen_t};

unsafe extern "C" {
    fn __real_connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int;
}

/// # Safety
/// As `connect(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __wrap_connect(
    fd: c_int,
    address: *const sockaddr,
    length: socklen_t,
) -> c_int {
    // SAFETY: the caller passes connect's arguments.
    unsafe {
        let family = c_int::from((*address).sa_family);
        if family == libc::AF_INET || family == libc::AF_INET6 {
            let on: c_int = 1;
            // Not a TCP socket: it fails, and nothing is lost.
            libc::setsockopt(
                fd,
                libc::IPPROTO_TCP,
                libc::TCP_NODELAY,
                (&raw const on).cast(),
                size_of::<c_int>() as socklen_t,
            );
        }
        __real_connect(fd, address, length)
    }
}

//! The shared library and the tests are linked like a program of yap: with our `connect`
//! (src/nodelay.rs) in front of the system's. The library's name is how programs find it again.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg=-Wl,--wrap=connect");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libyapdrivers.so");
}

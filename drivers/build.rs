//! The shared library is linked like a program of yap: with our `connect` (src/nodelay.rs) in front
//! of the system's, and with a name by which it is found beside the programs.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,--wrap=connect");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libyapdrivers.so");
}

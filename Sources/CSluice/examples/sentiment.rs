//! How positive is a sentence? The library by extern "C": `rustc sentiment.rs -L PREFIX/lib -l sluice`.
use std::ffi::{c_char, c_void, CString};

#[repr(C)]
struct SluiceError {
    status: i32,
    system_error: i32,
    offset: i64,
    message: [c_char; 240],
}

extern "C" {
    fn sluice_open_file(path: *const c_char, options: *const c_void, model: *mut *mut c_void, error: *mut SluiceError) -> i32;
    fn sluice_close(model: *mut c_void);
    fn sluice_reads_tokens(model: *const c_void) -> bool;
    fn sluice_output_size(model: *const c_void) -> usize;
    fn sluice_next_token(model: *const c_void, text: *const c_char, size: usize, at: *mut usize, token: *mut i32) -> bool;
    fn sluice_stream_create(model: *const c_void, block: usize, stream: *mut *mut c_void, error: *mut SluiceError) -> i32;
    fn sluice_stream_destroy(stream: *mut c_void);
    fn sluice_step_token(stream: *mut c_void, token: i32, y: *mut f32) -> i32;
}

fn fail(status: i32, message: String) -> ! {
    eprintln!("{message}");
    std::process::exit(status)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 {
        fail(2, "usage: sentiment MODEL.sluice TEXT".into());
    }
    let (path, text) = (CString::new(arguments[1].as_str()).unwrap(), arguments[2].as_bytes());
    let (mut model, mut stream) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut error = SluiceError { status: 0, system_error: 0, offset: -1, message: [0; 240] };
    let mut answer = 0f32;
    unsafe {
        if sluice_open_file(path.as_ptr(), std::ptr::null(), &mut model, &mut error) != 0
            || sluice_stream_create(model, 1, &mut stream, &mut error) != 0
        {
            let message = std::ffi::CStr::from_ptr(error.message.as_ptr());
            fail(1, format!("{}: {}", arguments[1], message.to_string_lossy()));
        }
        if !sluice_reads_tokens(model) || sluice_output_size(model) != 1 {
            fail(1, format!("{}: expected a model that reads words and has one output", arguments[1]));
        }
        let (mut at, mut token, mut words) = (0usize, 0i32, 0);
        while sluice_next_token(model, text.as_ptr().cast(), text.len(), &mut at, &mut token) {
            if sluice_step_token(stream, token, &mut answer) != 0 {
                fail(1, format!("{}: a step failed", arguments[1]));
            }
            words += 1;
        }
        if words == 0 {
            fail(1, format!("{}: no word in the text", arguments[1]));
        }
        sluice_stream_destroy(stream);
        sluice_close(model);
    }
    println!("{} {:.3}", if answer >= 0.5 { "positive" } else { "negative" }, answer);
}

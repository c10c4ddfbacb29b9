// The least that looks like an addon: test/platforms/addon-files.test.ts says how each fixture was made of it.
char* getenv(const char*);
#define ALL(F)                                                                                                              \
  F(create_array) F(create_object) F(create_function) F(create_string_utf8) F(create_int32) F(create_double) F(create_error) \
  F(create_promise) F(get_undefined) F(get_null) F(get_cb_info) F(get_array_length) F(get_element) F(get_value_int32)       \
  F(get_value_double) F(set_element) F(set_named_property) F(throw) F(throw_error) F(typeof) F(unwrap) F(wrap)
#define DECLARE(name) void napi_##name(void);
#define CALL(name) napi_##name();
#define OFFERED __attribute__((visibility("default")))

ALL(DECLARE)
OFFERED void* napi_register_module_v1(void) {
  ALL(CALL)
  return getenv("HOME");
}
OFFERED int node_api_module_get_api_version_v1(void) { return 9; }
#ifdef _WIN32
void* volatile place = napi_register_module_v1;  // an address that is moved
int DllMainCRTStartup(void* a, unsigned b, void* c) { return place != 0; }
#endif

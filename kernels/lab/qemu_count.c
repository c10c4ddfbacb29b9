// A plugin for qemu (7.1 or newer, -plugin): how many instructions the program executed, printed when it ends. The few of qemu's
// functions that it needs are declared here: Debian's qemu comes without their header.
//   gcc -shared -fPIC qemu_count.c -o count.so;  qemu-aarch64 -d plugin -plugin ./count.so PROGRAM
#include <inttypes.h>
#include <stdio.h>

typedef uint64_t Id;
struct qemu_plugin_tb;
void qemu_plugin_register_vcpu_tb_trans_cb(Id, void (*)(Id, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb*, int operation, void* to, uint64_t n);
void qemu_plugin_register_atexit_cb(Id, void (*)(Id, void*), void*);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
void qemu_plugin_outs(const char*);

int qemu_plugin_version = 1;
static uint64_t executed;
enum { ADD = 0 };

static void translated(Id id, struct qemu_plugin_tb* block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &executed, qemu_plugin_tb_n_insns(block));
}

static void ended(Id id, void* nothing) {
  (void)id, (void)nothing;
  char line[48];
  snprintf(line, sizeof line, "executed %" PRIu64 "\n", executed);
  qemu_plugin_outs(line);
}

int qemu_plugin_install(Id id, const void* info, int argc, char** argv) {
  (void)info, (void)argc, (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, 0);
  return 0;
}

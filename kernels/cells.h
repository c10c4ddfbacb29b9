// The recurrent cells. Each has a file of its own; its include and its line here make it an op on the tape, NAME and NAME_BACK.
#pragma once

#define CELLS(CELL) CELL(LSTM, LstmCell) CELL(GRU, GruCell) CELL(SIMPLE_RNN, SimpleRnnCell)

#if defined(CELLSTATE_NAMESPACE)  // who only counts opcodes needs no arithmetic
#include "gru.h"
#include "lstm.h"
#include "simple_rnn.h"
#endif

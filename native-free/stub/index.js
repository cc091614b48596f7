'use strict';
throw new Error('native-free: the compiled helper is replaced by a stub; the JavaScript path is used instead');

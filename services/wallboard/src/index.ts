import './styles.css';
import { startWallboard } from './start-wallboard.tsx';

const host = document.getElementById('wallboard');
if (host) startWallboard(host);
